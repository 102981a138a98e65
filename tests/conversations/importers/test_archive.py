import io
import json
import stat
import warnings
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import ImportRefused
from conversations.importers import Limits
from conversations.importers.archive import open_files
from tests.conversations.importers.exports import ANNA, DESK, as_bytes, export, export_files, pack, said, unpack
from tests.conversations.importers.reading import patient, read

TURN = (said(0, ANNA, "Is it open?"), said(9, DESK, "Until six."))
TALK = [[("user", "Is it open?"), ("assistant", "Until six.")]]


def names_and_faults(path, limits=Limits()):  # noqa: B008
    with open_files(path, shown=path.name, limits=limits) as files:
        return files.names, {fault.place: fault.reason for fault in files.faults}


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "general/../../evil.json", "/etc/evil.json", "C:/evil.json", "..\\evil.json", "\\evil.json"],
)
def test_a_name_that_points_outside_is_refused_and_the_rest_is_read(name, tmp_path):
    result = read(pack(tmp_path / "export.zip", {**export_files(*TURN), name: list(TURN)}), "desk")
    assert result.talk == TALK
    (reason,) = result.refused.values()
    assert reason.startswith("has a name that leads out of the archive")
    assert "import the folder" in reason
    assert list(tmp_path.iterdir()) == [tmp_path / "export.zip"]


def test_a_link_inside_an_archive_is_not_followed(tmp_path):
    path = export(tmp_path, *TURN)
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("general/2020-09-14.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    result = read(path, "desk")
    assert result.talk == TALK
    assert result.refused == {"export.zip/general/2020-09-14.json": "is a link, and links are not followed"}


def test_a_link_inside_an_unpacked_export_is_not_followed(tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(TURN))
    folder = unpack(tmp_path / "export", export_files(*TURN))
    (folder / "general/2020-09-14.json").symlink_to(secret)
    (folder / "shop").symlink_to(tmp_path)
    result = read(folder, "desk")
    assert result.talk == TALK
    assert set(result.refused) == {"export/general/2020-09-14.json", "export/shop"}


def test_an_archive_inside_the_archive_is_not_opened(tmp_path):
    path = pack(tmp_path / "export.zip", export_files(*TURN) | {"more.zip": b"PK\x03\x04"})
    result = read(path, "desk")
    assert result.talk == TALK
    assert "archive inside the archive" in result.refused["export.zip/more.zip"]


def test_of_two_files_with_one_name_the_first_is_read_and_the_other_told(tmp_path):
    path = export(tmp_path, *TURN)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("general/2020-09-13.json", as_bytes([said(0, ANNA, "Forged?"), said(9, DESK, "Forged.")]))
    result = read(path, "desk")
    assert result.talk == TALK
    assert "has the name of an earlier file" in result.refused["export.zip/general/2020-09-13.json"]


def test_names_that_differ_in_case_only_are_two_channels(tmp_path):
    files = export_files(*TURN) | {"General/2020-09-13.json": [said(0, ANNA, "Hi"), said(9, DESK, "Hello")]}
    assert len(read(pack(tmp_path / "export.zip", files), "desk").conversations) == 2


def test_a_name_in_utf_8_that_is_not_marked_as_such_is_understood(tmp_path):
    files = {"channels.json": [{"id": "C0CAFE", "name": "café"}], "cafXX/2020-09-13.json": list(TURN)}
    path = pack(tmp_path / "export.zip", export_files() | files)
    path.write_bytes(path.read_bytes().replace(b"cafXX/", "café/".encode()))
    result = read(path, "desk")
    assert result.conversations[0].messages[0].id.startswith("slack:C0CAFE/")
    assert result.conversations[0].place == "export.zip/café/2020-09-13.json[0]"


def test_a_password_is_told(tmp_path):
    path = export(tmp_path, *TURN)
    content = bytearray(path.read_bytes())
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags_at] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ImportRefused, match=r"export\.zip is locked with a password"):
        read(path, "desk")


BOMB = Limits(archive_bytes=3_000_000, archive_ratio=200, archive_ratio_from=1_000_000)


@pytest.mark.parametrize("size", [2_000_000, 4_000_000])
def test_an_archive_that_unpacks_to_far_too_much_is_refused_unread(size, tmp_path):
    path = pack(tmp_path / "export.zip", export_files(*TURN) | {"general/2020-09-14.json": b" " * size})
    with pytest.raises(ImportRefused, match=r"would unpack to 0\.0 GiB, \d+ times its size"):
        read(path, "desk", limits=BOMB)


def test_a_small_archive_may_be_packed_tightly_and_a_large_one_loosely(tmp_path):
    tight = pack(tmp_path / "tight.zip", {"a": b" " * 900_000})
    assert names_and_faults(tight, BOMB)[0] == ("a",)
    with zipfile.ZipFile(tmp_path / "loose.zip", "w") as archive:
        archive.writestr("a", b" " * 2_500_000)
    assert names_and_faults(tmp_path / "loose.zip", BOMB)[0] == ("a",)


@pytest.mark.parametrize("keep", [30, 200, -30])
def test_a_truncated_archive_is_refused_with_a_sentence(keep, tmp_path):
    path = export(tmp_path, *TURN)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ImportRefused, match=r"export\.zip is no whole zip archive .*Export it again"):
        read(path, "desk")


def test_an_archive_without_files_is_no_export(tmp_path):
    pack(tmp_path / "export.zip", {})
    with pytest.raises(ImportRefused, match="is a zip archive with 0 files, and no export that is known here"):
        read(tmp_path / "export.zip", "desk")


def test_a_broken_file_in_the_archive_is_told_and_the_others_are_read(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (export_files(*TURN) | {"shop/2020-09-13.json": [said(0, ANNA, "MARKED")]}).items():
            archive.writestr(name, as_bytes(content))
    path.write_bytes(path.read_bytes().replace(b"MARKED", b"BROKEN"))
    result = read(path, "desk")
    assert TALK[0] in result.talk
    assert "is broken" in result.refused["export.zip/shop/2020-09-13.json"]


@patient
@given(st.data())
def test_an_export_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, data):
    path = export(tmp_path_factory.mktemp("torn"), *TURN)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(ImportRefused):
        assert all(place.startswith("export.zip") for place in read(path, "desk", limits=BOMB).refused)


def test_what_a_place_shows_cannot_steer_a_terminal(tmp_path):
    result = read(pack(tmp_path / "export.zip", export_files(*TURN) | {"\x1b[2J.zip": b"x"}), "desk")
    assert list(result.refused) == ["export.zip/\N{REPLACEMENT CHARACTER}[2J.zip"]


def test_files_are_read_in_place(tmp_path):
    path = export(tmp_path, *TURN)
    with open_files(path, shown="x", limits=Limits()) as files, files.open("general/2020-09-13.json") as stream:
        assert isinstance(stream, io.BufferedIOBase)
        assert json.load(stream) == list(TURN)


def test_an_archive_of_nothing_but_names_that_point_outside_is_refused_with_that_reason(tmp_path):
    path = pack(tmp_path / "evil.zip", {"../users.json": [], "../general/2020-01-01.json": list(TURN)})
    with pytest.raises(ImportRefused, match=r"holds nothing that may be read: .*leads out of the archive"):
        read(path, "desk")


def test_a_file_without_a_name_is_refused_and_the_rest_is_read(tmp_path):
    path = pack(tmp_path / "export.zip", {**export_files(*TURN), "x": b"1"})
    content = path.read_bytes()
    at = content.rindex(b"x", 0, content.rindex(b"PK\x05\x06"))
    nameless = bytearray(content)
    nameless[at] = 0  # a name ends at its first NUL
    path.write_bytes(nameless)
    result = read(path, "desk")
    assert result.talk == TALK
    assert list(result.refused.values()) == ["has no name"]


def test_a_member_whose_own_header_names_it_in_broken_utf8_is_a_read_fault(tmp_path):
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("général.json", "[]")
    raw = bytearray(path.read_bytes())
    first = raw.index("général.json".encode())
    raw[first] = 0x80  # only in the header before the data; the directory at the end still has the name
    path.write_bytes(bytes(raw))
    with open_files(path, shown="broken.zip", limits=Limits()) as files, pytest.raises(zipfile.BadZipFile):
        files.open("général.json")
