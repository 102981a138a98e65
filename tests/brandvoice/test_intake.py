"""What an import says of itself, and what it takes from the settings."""

from datetime import timedelta

import pytest

from brandvoice.initial import create_workspace
from brandvoice.intake import import_path
from brandvoice.plugins import load_plugins
from brandvoice.profiling import profile_style
from brandvoice.workspace import Workspace
from conversations.errors import ImportRefused, NotFound
from conversations.importers import BUILTIN_IMPORTERS
from conversations.store import open_store
from tests.conversations.importers.discord_exports import ANNA, DESK, NOON, channel, said, write
from tests.conversations.importers.discord_packages import formerly, today
from tests.conversations.importers.exports import pack

LATER = NOON + timedelta(days=1)


@pytest.fixture
def store():
    with open_store("sqlite://") as opened:
        yield opened


def take(path, store, **more):
    more = {"basis": "own-content", "owner": "olga", "now": LATER} | more
    return import_path(path, store=store, importers=BUILTIN_IMPORTERS, style="harbor", **more)


def export(tmp_path, *messages, name="help.json"):
    return write(tmp_path / name, channel(said(1, 0, ANNA, "Is it open?"), said(2, 1, DESK, "Until six."), *messages))


def test_the_brands_speakers_come_from_the_settings_where_nobody_is_named(tmp_path, store):
    path = export(tmp_path)
    with pytest.raises(ImportRefused, match="say whose messages are the brand's"):
        take(path, store)
    with pytest.raises(ImportRefused, match="say whose messages are the brand's"):
        take(path, store, known_speakers={"slack": ("Harbor Desk",)})
    assert take(path, store, known_speakers={"discord": ("Harbor Desk",)}).added == 1
    assert take(path, store, speakers=("anna",), known_speakers={"discord": ("Harbor Desk",)}).read == 0


def test_speakers_of_a_format_that_is_none_are_refused(tmp_path, store):
    with pytest.raises(ImportRefused, match=r'\[styles.harbor.speakers\] names the format "discrod"'):
        take(export(tmp_path), store, known_speakers={"discrod": ("x",)})


def test_an_order_of_dates_that_is_none_is_refused(tmp_path, store):
    with pytest.raises(ImportRefused, match='--dates is "us", and can be auto, dmy, mdy, ymd'):
        take(export(tmp_path), store, dates="us")


def test_messages_from_the_future_are_refused(tmp_path, store):
    result = take(export(tmp_path, said(3, 60 * 24 * 400, ANNA, "Hello from 2025")), store, speakers=("Harbor Desk",))
    assert (result.added, [one.place for one in result.refused]) == (1, ["help.json[2]"])
    assert "in the future" in result.refused[0].reason


def test_a_longer_export_of_the_same_channel_updates_the_conversation_and_a_deleted_message_goes(tmp_path, store):
    desk = {"speakers": ("Harbor Desk",)}
    assert take(export(tmp_path), store, **desk).added == 1
    longer = export(tmp_path, said(3, 2, ANNA, "On Sunday?"), said(4, 3, DESK, "From ten."))
    assert (take(longer, store, **desk).updated, store.count("harbor")) == (1, 1)
    edited = said(2, 1, DESK, "Until seven.", timestampEdited=(NOON + timedelta(hours=1)).isoformat())
    shorter = write(tmp_path / "help.json", channel(said(1, 0, ANNA, "Is it open?"), edited))
    assert take(shorter, store, **desk).updated == 1
    (conversation,) = store.conversations("harbor")
    assert [message.content for message in conversation.messages] == ["Is it open?", "Until seven."]


def test_the_names_of_an_export_are_kept_so_that_people_are_found_by_name(tmp_path, store):
    take(export(tmp_path), store, speakers=("Harbor Desk",))
    assert store.directory.resolve("anna").id == "discord/1001"


def test_a_dry_run_says_what_would_come_in_and_stores_nothing(tmp_path, store):
    result = take(export(tmp_path, said(3, 2, ANNA, "")), store, speakers=("Harbor Desk",), dry_run=True)
    assert result.lines() == [
        f"{tmp_path / 'help.json'}: 1 conversation read, 2 messages, 1 of them the brand's",
        "  1 would come in; nothing was stored (--dry-run)",
        "  1 left out: no words",
    ]
    assert store.count() == 0


def test_what_is_left_out_most_stands_first(tmp_path, store):
    notices = [said(n, 2, ANNA, "", type="Call") for n in range(10, 13)]
    lines = take(export(tmp_path, said(3, 2, ANNA, ""), *notices), store, speakers=("Harbor Desk",)).lines()
    assert lines[2:] == ["  3 left out: a notice of Discord (Call)", "  1 left out: no words"]


def test_an_import_without_questions_says_what_it_is_good_for(tmp_path, store):
    said = [(9001, "2024-03-05 09:00:00", "Ahoy!"), (9002, "2024-03-05 11:00:00", "Fair winds!")]
    result = take(pack(tmp_path / "package.zip", today({70: said})), store, speakers=("Harbor Desk",))
    assert (result.added, result.one_sided, result.answers) == (2, 2, 2)
    assert result.lines()[2] == (
        "  2 of them hold only what the brand wrote: `brandvoice styles profile` measures that, and no dataset is made "
        "of it (no-user)"
    )
    assert len(list(store.conversations("harbor", one_sided=True))) == 2
    take(export(tmp_path), store, speakers=("Harbor Desk",))
    assert (store.count("harbor"), len(list(store.conversations("harbor", one_sided=True)))) == (3, 2)


def test_the_profile_measures_what_the_brand_wrote_unasked_each_once_and_without_private_data(tmp_path):
    create_workspace(tmp_path)
    (tmp_path / "styles" / "harbor.toml").write_text('name = "harbor"\nabout = "A harbour."\n')
    workspace = Workspace(tmp_path)
    said = [(9001 + n, f"2024-03-05 09:0{n}:00", f"Ahoy! Mail kim{n}@shop.test 🚢") for n in range(4)]
    with workspace.open_store() as opened:
        for form in (today, formerly):
            take(pack(tmp_path / f"{form.__name__}.zip", form({70: said})), opened, speakers=("1003",))
        take(pack(tmp_path / "denied.zip", today({71: said})), opened, speakers=("1003",))
        (denied,) = (source for source in opened.sources() if source.name == "denied.zip")
        opened.deny_source(denied.id, who="kim")
    measured = profile_style(workspace, "harbor", offers=load_plugins())
    assert (measured.replies, measured.alone) == (0, 4)
    assert measured.basis == "4 messages of imports that hold only what the brand wrote"
    assert [phrase.text for phrase in measured.profile.openings] == ["ahoy mail email"]
    assert [(phrase.text, phrase.share) for phrase in measured.profile.emoji] == [("🚢", 1.0)]


def test_a_style_with_neither_dataset_nor_messages_has_no_profile(tmp_path):
    create_workspace(tmp_path)
    (tmp_path / "styles" / "harbor.toml").write_text('name = "harbor"\nabout = "A harbour."\n')
    with pytest.raises(NotFound, match="brandvoice curate harbor"):
        profile_style(Workspace(tmp_path), "harbor", offers=load_plugins())


def test_how_something_was_read_is_no_reason_to_leave_it_out(tmp_path, store):
    path = tmp_path / "table.csv"
    path.write_bytes("prompt,completion\nGrüß?,Öl!\n".encode("cp1252"))
    result = take(path, store)
    assert (result.added, result.skipped) == (1, {})
    assert result.lines()[2:] == ["  read as Windows-1252, for it is not UTF-8"]


def test_a_file_that_is_refused_as_a_whole_leaves_no_source(tmp_path, store):
    chat = tmp_path / "chat.txt"
    chat.write_text("2020-05-13, 09:58 - Hanna Lund: Open?\n2020-05-13, 09:59 - Tea Desk: Until six!\n")
    with pytest.raises(ImportRefused, match="say whose messages"):
        take(chat, store)
    assert store.sources("harbor") == []
    take(chat, store, speakers=("Tea Desk",))
    assert [source.name for source in store.sources("harbor")] == ["chat.txt"]


def test_what_is_refused_in_a_folder_is_named_once(tmp_path, store):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "empty.csv").write_text("")
    (folder / "chat.txt").write_text("2020-05-13, 09:58 - Hanna Lund: Open?\n2020-05-13, 09:59 - Tea Desk: Until!\n")
    told = take(folder, store).refused
    assert [one.place for one in told] == ["logs/chat.txt", "logs/empty.csv"]
    assert [one.reason.split(".")[0] for one in told] == ["say whose messages are the brand's", "is empty"]
