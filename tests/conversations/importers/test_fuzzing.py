"""Files of every format, broken in every way: no crash, no hang, and no good record lost with a broken one."""

import json
import random
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import ImportRefused
from conversations.importers import BUILTIN_IMPORTERS, Covered, Limits, Outcome, Person, Refused, Skipped
from conversations.messages import Conversation
from tests.conversations.importers import discord_exports, exports
from tests.conversations.importers.reading import chat, jsonl, patient, read
from tests.conversations.importers.test_telegram_import import chat as telegram_chat
from tests.conversations.importers.test_telegram_import import said as telegram_said

DESK, ANNA = ("desk", "1003"), ("anna", "1001")
COUNT = 6  # conversations in each file
APART = 7200  # seconds between them, so that each stands alone


def slack(path):
    said = []
    for n in range(COUNT):
        said.append(exports.said(n * APART, exports.ANNA, f"Question {n}?"))
        said.append(exports.said(n * APART + 9, exports.DESK, f"Answer {n}."))
    return exports.pack(path, exports.export_files(*said))


def discord(path):
    said = []
    for n in range(COUNT):
        said.append(discord_exports.said(2 * n, n * 120, ANNA[::-1], f"Question {n}?"))
        said.append(discord_exports.said(2 * n + 1, n * 120 + 1, DESK[::-1], f"Answer {n}."))
    return discord_exports.write(path, discord_exports.channel(*said))


def telegram(path):
    said = []
    for n in range(COUNT):
        said.append(telegram_said(2 * n, n * APART, ("anna", "user1"), f"Question {n}?"))
        said.append(telegram_said(2 * n + 1, n * APART + 9, ("desk", "user2"), f"Answer {n}."))
    path.write_text(json.dumps(telegram_chat(*said), indent=1))
    return path


def whatsapp(path):
    lines = []
    for n in range(COUNT):
        lines += [f"13/03/2025, {n + 10}:14 - anna: Question {n}?", f"13/03/2025, {n + 10}:15 - desk: Answer {n}."]
    path.write_text("\n".join(lines) + "\n")
    return path


def table(path):
    rows = [
        f"{n},{role},{text} {n}" for n in range(COUNT) for role, text in (("user", "Question"), ("agent", "Answer"))
    ]
    path.write_text("\n".join(["conversation,role,text", *rows]) + "\n")
    return path


def workbook(path):
    book = openpyxl.Workbook()
    book.active.append(("prompt", "completion"))
    for n in range(COUNT):
        book.active.append((f"Question {n}?", f"Answer {n}."))
    path = path.with_suffix(".xlsx")
    book.save(path)
    return path


def records(make):
    return lambda path: jsonl(path, *map(make, range(COUNT)))


FORMATS = {
    "slack": slack,
    "discord": discord,
    "telegram": telegram,
    "whatsapp": whatsapp,
    "csv": table,
    "xlsx": workbook,
    "openai": records(lambda n: chat(f"Question {n}?", f"Answer {n}.")),
    "preferences": records(lambda n: {"prompt": f"Question {n}?", "chosen": f"Answer {n}.", "rejected": "No."}),
    "sharegpt": records(
        lambda n: {
            "conversations": [{"from": "human", "value": f"Question {n}?"}, {"from": "gpt", "value": f"Answer {n}."}]
        }
    ),
    "alpaca": records(lambda n: {"instruction": f"Question {n}?", "output": f"Answer {n}."}),
    "prompt-completion": records(lambda n: {"prompt": f"Question {n}?", "completion": f"Answer {n}."}),
}
TEXTS = {"discord", "telegram", "whatsapp", "csv", "openai", "sharegpt", "alpaca", "prompt-completion", "preferences"}
OUTCOMES = (Conversation, Refused, Skipped, Person, Covered)


@pytest.fixture(scope="module", params=sorted(FORMATS))
def whole(request, tmp_path_factory):
    """A good file of each format, as bytes, with what is read out of it."""
    path = FORMATS[request.param](tmp_path_factory.mktemp("whole") / "file.json")
    return request.param, path.name, path.read_bytes(), answers(read(path, "desk"))


def answers(result):
    return {text for talk in result.talk for role, text in talk if role == "assistant"}


def survivors(path):
    """What is read of a broken file; nothing where it is refused as a whole."""
    try:
        result = read(path, "desk", limits=Limits(record_bytes=100_000))
    except ImportRefused:
        return set(), ()
    assert all(isinstance(outcome, OUTCOMES) for outcome in result.outcomes)
    return answers(result), result.outcomes


def test_every_good_file_is_read_whole(whole):
    name, _, _, found = whole
    assert len(found) == COUNT + (name == "preferences")


@patient
@given(data=st.data())
def test_bytes_thrown_at_a_file_break_nothing_but_what_they_hit(whole, data, tmp_path_factory):
    _, name, content, _ = whole
    at = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 40))
    junk = data.draw(
        st.binary(max_size=40) | st.sampled_from([b"\0", b'"', b"{", b"]", b"\n", b"\xff\xfe", b"[" * 5000])
    )
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(content[:at] + junk + content[at + cut :])
    survivors(path)


@patient
@given(junk=st.binary(max_size=3000))
def test_junk_is_refused(junk, tmp_path_factory):
    path = tmp_path_factory.mktemp("junk") / "file.bin"
    path.write_bytes(junk)
    survivors(path)


@patient
@given(data=st.data())
def test_of_a_file_that_is_cut_off_everything_before_the_cut_is_read(whole, data, tmp_path_factory):
    form, name, content, _ = whole
    if form not in TEXTS:
        return
    kept = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path_factory.mktemp("cut") / name
    path.write_bytes(kept)
    found, _ = survivors(path)
    closed = {n for n in range(COUNT) if f"Question {n + 1}".encode() in kept}  # the next one has begun
    if form == "discord" and b'"messages"' not in kept:
        return
    assert {n for n in range(COUNT) if any(f"Answer {n}" in text for text in found)} >= closed


@pytest.mark.parametrize("seed", range(8))
def test_a_record_of_another_kind_costs_only_itself(whole, seed, tmp_path):
    """One message or record is replaced by other well-formed JSON, or one line by another line."""
    form, name, content, found = whole
    if form not in TEXTS:
        return
    generator = random.Random(seed)
    victim = generator.randrange(COUNT)
    junk = generator.choice(['"\\ud800"', "null", "[]", "{}", "1e999", "[[[[]]]]", '"\\u0000"', "NaN"])
    wanted = f"Answer {victim}".encode()
    broken = content.replace(b'"' + wanted + b'."', junk.encode()) if b'"' + wanted in content else content
    if broken == content:  # formats of lines
        broken = b"\n".join(b"\xff\0" if wanted in line else line for line in content.split(b"\n"))
    path = tmp_path / name
    path.write_bytes(broken)
    left, outcomes = survivors(path)
    assert left == {text for text in found if f"Answer {victim}" not in text}
    assert any(isinstance(outcome, Refused | Skipped) for outcome in outcomes)


def test_files_that_are_no_files_of_messages_are_refused_by_every_format(tmp_path):
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/sharedStrings.xml", b"0" * 3_000_000)
    limits = Limits(archive_ratio_from=1_000_000)
    with pytest.raises(ImportRefused, match="times its size"):
        read(bomb, limits=limits)
    for importer in BUILTIN_IMPORTERS:
        assert not importer.recognises(tmp_path / "nothing.json")
        assert isinstance(importer.recognises(bomb), bool)


def test_outcomes_are_of_the_kinds_that_there_are():
    assert set(OUTCOMES) == set(Outcome.__args__)
