import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import ImportRefused
from conversations.importers import Limits
from tests.conversations.importers.reading import chat, jsonl, patient, read

GOOD = chat("Is it open?", "Until six.")
TALK = [("user", "Is it open?"), ("assistant", "Until six.")]

BROKEN = {
    "truncated": (b'{"messages": [{"role": "user", "con', "is not JSON: Unterminated string"),
    "trailing comma": (
        b'{"messages": [],}',
        "is not JSON: Illegal trailing comma|is not JSON: Expecting property name",
    ),
    "not utf-8": (b'{"messages": "\xff"}', r"is not UTF-8 text \(byte 15\)"),
    "NUL bytes": (b"\x00\x00\x00", "is not JSON"),
    "NUL in a text": (b'{"messages": "\x00"}', "is not JSON: Invalid control character"),
    "NaN": (b'{"messages": [], "score": NaN}', "holds NaN"),
    "Infinity": (b'{"messages": [], "score": -Infinity}', "holds -Infinity"),
    "too deep": (b'{"messages": ' + b"[" * 20_000, "is nested too deeply"),
    "deep and whole": (b'{"messages": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "is nested too deeply"),
    "endless number": (b'{"messages": ' + b"9" * 5000 + b"}", "is not JSON that can be read"),
    "same key twice": (b'{"messages": [], "messages": []}', "holds the same key twice"),
    "null": (b"null", "is null, not an object"),
    "list": (b"[1, 2]", "is a list, not an object"),
    "text": (b'"hello"', "is text, not an object"),
    "true": (b"true", "is true or false, not an object"),
    "number": (b"12", "is a number, not an object"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_line_is_refused_with_its_place_and_the_rest_goes_in(name, tmp_path):
    line, reason = BROKEN[name]
    result = read(jsonl(tmp_path / "chats.jsonl", GOOD, line, GOOD))
    assert result.talk == [TALK, TALK]
    assert list(result.refused) == ["chats.jsonl:2"]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(result.refused["chats.jsonl:2"])


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in ("truncated", "too deep")])
def test_a_broken_element_of_a_list_harms_no_other(name, tmp_path):
    path = tmp_path / "chats.json"
    good = json.dumps(GOOD).encode()
    path.write_bytes(b"[" + good + b",\n" + BROKEN[name][0] + b", " + good + b"]")
    result = read(path)
    assert result.talk == [TALK, TALK]
    assert list(result.refused) == ["chats.json[1]"]


def test_a_line_of_ten_megabytes_is_refused_with_its_number(tmp_path):
    result = read(jsonl(tmp_path / "chats.jsonl", GOOD, b'{"messages": "' + b"x" * 10_000_000 + b'"}', GOOD))
    assert result.talk == [TALK, TALK]
    assert result.refused == {"chats.jsonl:2": "is longer than 8 MiB"}


def test_the_limit_of_a_line_is_the_callers_to_choose(tmp_path):
    path = jsonl(tmp_path / "chats.jsonl", GOOD, chat("Is it open?" * 50, "Until six."))
    result = read(path, limits=Limits(record_bytes=400))
    assert result.talk == [TALK]
    assert list(result.refused) == ["chats.jsonl:2"]


def test_blank_lines_count_as_lines_and_are_no_records(tmp_path):
    result = read(jsonl(tmp_path / "chats.jsonl", "", GOOD, "  ", "", b"{", ""))
    assert [one.place for one in result.conversations] == ["chats.jsonl:2"]
    assert list(result.refused) == ["chats.jsonl:5"]


def test_windows_line_ends_and_a_missing_last_one_are_read(tmp_path):
    path = tmp_path / "chats.jsonl"
    path.write_bytes(b"\r\n".join([json.dumps(GOOD).encode()] * 2))
    assert read(path).talk == [TALK, TALK]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("shape", ["lines", "list"])
def test_files_in_other_encodings_are_read_with_the_same_places(encoding, shape, tmp_path):
    records = [chat("Où?", "À côté 🙂"), chat("Wann?", "Um sechs.")]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path = tmp_path / "chats.json"
    path.write_bytes(("\n".join(lines) if shape == "lines" else f"[{', '.join(lines)}]").encode(encoding))
    result = read(path)
    assert result.talk[0] == [("user", "Où?"), ("assistant", "À côté 🙂")]
    assert [one.place[len("chats.json") :] for one in result.conversations] == (
        [":1", ":2"] if shape == "lines" else ["[0]", "[1]"]
    )


def test_a_list_that_breaks_off_gives_what_stands_before(tmp_path):
    path = tmp_path / "chats.json"
    path.write_bytes(json.dumps([GOOD, GOOD]).encode()[:-20])
    result = read(path)
    assert result.talk == [TALK]
    assert list(result.refused) == ["chats.json[1]", "chats.json"]
    assert "breaks off" in result.refused["chats.json"]


@pytest.mark.parametrize("content", [b"", b" \n\n ", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused_as_empty(content, tmp_path):
    path = tmp_path / "chats.jsonl"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"chats\.jsonl is empty"):
        read(path)


junk = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.dictionaries(st.text(max_size=5), st.integers() | st.none() | st.text(max_size=5)).map(
        lambda value: json.dumps(value).encode()
    ),
    st.sampled_from([line for line, _ in BROKEN.values() if len(line) < 1000]),
).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))


@patient
@given(st.lists(junk | st.just(json.dumps(GOOD).encode()), max_size=12))
def test_no_good_line_is_lost_whatever_stands_around_it(tmp_path_factory, lines):
    good = json.dumps(GOOD).encode()
    path = jsonl(tmp_path_factory.mktemp("junk") / "chats.jsonl", GOOD, *lines)
    result = read(path)
    places = {f"chats.jsonl:{number}" for number, line in enumerate([good, *lines], start=1) if line == good}
    assert {one.place for one in result.conversations} >= places
    assert len(result.outcomes) == len([line for line in [good, *lines] if line.strip()])


@patient
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "any"
    path.write_bytes(content)
    with suppress(ImportRefused):
        assert all(place.startswith("any") for place in read(path).refused)


PRETTY = json.dumps(chat("Q", "A"), indent=2)
LINE = json.dumps(chat("Q2", "A2"))


@pytest.mark.parametrize(
    ("text", "count", "refused"),
    [
        (PRETTY, 1, {}),
        (f"{PRETTY}\n{PRETTY}\n{LINE}\n{PRETTY}", 4, {}),
        (LINE * 3, 3, {}),
        (f"{LINE} {LINE}\r\n\r\n{LINE}", 3, {}),
        (f"{LINE}{LINE[:20]}\n{LINE}", 2, {1: "is not JSON"}),
        (f"{LINE[:20]}\n {LINE}\n{LINE}", 2, {1: "is not JSON"}),
        (f"{LINE},\n{LINE}", 2, {1: "is not JSON"}),
        (f"{PRETTY}\n{PRETTY.replace(':', '', 1)}\n{PRETTY}", 2, {13 + 1: "is not JSON"}),
        (f"{{\n{LINE}\n{LINE}", 2, {1: "is not JSON"}),
        (f"{LINE}\n{PRETTY[:60]}", 1, {2: "is not JSON"}),
        ('{"id": ' + "9" * 5000 + f"}}\n{LINE}", 1, {1: "it holds a number of thousands of digits"}),
        (f'{{"a\tb": 1}}\n{LINE}', 1, {1: "is not JSON: Invalid control character at character 4"}),
    ],
)
def test_objects_may_stand_beside_each_other_and_over_several_lines(text, count, refused, tmp_path):
    path = tmp_path / "chats.json"
    path.write_text(text)
    result = read(path)
    assert len(result.conversations) == count
    assert set(result.refused) >= {f"chats.json:{line}" for line in refused}
    for line, reason in refused.items():
        assert reason in result.refused[f"chats.json:{line}"]
