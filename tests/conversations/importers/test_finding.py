import gzip
import json
import os

import pytest

from conversations.errors import ImportRefused
from conversations.importers import BUILTIN_IMPORTERS, Request, find_importer
from tests.conversations.importers.discord_exports import ANNA as ANNA_THERE
from tests.conversations.importers.discord_exports import channel
from tests.conversations.importers.discord_exports import said as discord_said
from tests.conversations.importers.exports import ANNA, DESK, export, export_files, said, unpack
from tests.conversations.importers.reading import chat, jsonl, read
from tests.conversations.importers.test_telegram_import import chat as telegram_chat
from tests.conversations.importers.test_telegram_import import said as telegram_said

SAMPLES = {
    "openai": chat("Hi", "Hello"),
    "sharegpt": {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    "alpaca": {"instruction": "Greet", "output": "Hello"},
    "prompt-completion": {"prompt": "Hi", "completion": "Hello"},
}
ANNA_ELSEWHERE, THERE = ("Anna", "user1"), ("desk", "user2")
LOGS = {
    "discord": json.dumps(channel(discord_said(1, 0, ANNA_THERE, "Hi"), discord_said(2, 1, ("2", "desk"), "Hello"))),
    "telegram": json.dumps(
        telegram_chat(telegram_said(1, 0, ("A", "user1"), "Hi"), telegram_said(2, 9, THERE, "Hello"))
    ),
    "csv": "conversation,role,text\n1,customer,Hi\n1,agent,Hello\n",
    "whatsapp": "13/03/2025, 10:14 - Anna: Hi\n13/03/2025, 10:15 - desk: Hello\n",
}
TURN = (said(0, ANNA, "Is it open?"), said(9, DESK, "Until six."))


@pytest.fixture(params=[importer.name for importer in BUILTIN_IMPORTERS])
def sample(request, tmp_path):
    """The name of a format, and a file of it whose name says nothing."""
    if request.param == "slack":
        path = export(tmp_path, *TURN).rename(tmp_path / "file")
    elif request.param in LOGS:
        path = tmp_path / "file"
        path.write_text(LOGS[request.param], encoding="utf-8")
    else:
        path = jsonl(tmp_path / "file", SAMPLES[request.param])
    return request.param, path


def test_every_format_is_recognised_by_what_it_holds_and_by_its_own_importer_only(sample):
    name, path = sample
    assert [importer.name for importer in BUILTIN_IMPORTERS if importer.recognises(path)] == [name]
    assert find_importer(path, BUILTIN_IMPORTERS).name == name
    assert find_importer(path, BUILTIN_IMPORTERS, format=name).name == name


def test_every_format_gives_the_same_conversations_each_time_with_places_in_the_file(sample):
    name, path = sample
    speakers = ("desk",) if name == "slack" or name in LOGS else ()
    first, second = read(path, *speakers), read(path, *speakers)
    assert first == second
    assert len(first.conversations) == 1
    assert first.conversations[0].place.startswith("file")
    assert first.conversations[0].source is None


def test_every_importer_says_what_it_reads():
    assert len({importer.name for importer in BUILTIN_IMPORTERS}) == len(BUILTIN_IMPORTERS)
    assert all(importer.shape for importer in BUILTIN_IMPORTERS)
    assert [importer.name for importer in BUILTIN_IMPORTERS if importer.needs_speakers] == [
        "slack",
        "discord",
        "telegram",
        "whatsapp",
        "csv",
    ]


def test_a_format_named_against_what_the_file_holds_is_refused(sample):
    name, path = sample
    other = "alpaca" if name != "alpaca" else "openai"
    with pytest.raises(ImportRefused, match="Expected was") as refused:
        read(path, format=other)
    assert str(path) in str(refused.value)


def test_a_format_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    with pytest.raises(ImportRefused, match=r"There is no format 'xml'\. There are: auto, slack, discord"):
        find_importer(jsonl(tmp_path / "a", SAMPLES["openai"]), BUILTIN_IMPORTERS, format="xml")
    with pytest.raises(ImportRefused, match="There is no format 'xml'"):
        read(tmp_path, format="xml")


def test_json_of_another_shape_is_refused_with_its_keys_and_what_can_be_read(tmp_path):
    with pytest.raises(ImportRefused) as refused:
        read(jsonl(tmp_path / "a.jsonl", {"question": "Hi", "answer": "Hello"}))
    text = str(refused.value)
    assert "a.jsonl:1 has the keys 'question', 'answer'" in text
    assert all(f"{importer.name}: {importer.shape}" in text for importer in BUILTIN_IMPORTERS)


@pytest.mark.parametrize("content", ["x\n1\n", "Dear all,\n\nhello.", "\x89PNG\r\n\x1a\n", "{\n  'a': 1\n}"])
def test_what_is_no_json_is_refused_with_its_first_line(content, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    with pytest.raises(
        ImportRefused, match=r"a\.jsonl holds no JSON objects, one per line or in one list: a\.jsonl:1 "
    ):
        read(path)


def test_an_empty_list_is_told(tmp_path):
    (tmp_path / "a.json").write_text("[ ]")
    with pytest.raises(ImportRefused, match="holds an empty list"):
        read(tmp_path / "a.json")


def test_a_packed_file_is_told_by_its_packing(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(gzip.compress(json.dumps(SAMPLES["openai"]).encode()))
    with pytest.raises(ImportRefused, match=r"is packed with gzip\. Unpack it"):
        read(tmp_path / "a.jsonl")


def test_a_path_that_is_not_there_or_is_no_file_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="does not exist"):
        read(tmp_path / "nothing.jsonl")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImportRefused, match="is no file"):
        read(tmp_path / "pipe")


def test_a_few_broken_lines_at_the_beginning_do_not_hide_the_format(tmp_path):
    result = read(jsonl(tmp_path / "a.jsonl", *[b"{"] * 50, SAMPLES["openai"]))
    assert len(result.conversations) == 1
    assert len(result.refused) == 50


def test_a_folder_of_files_is_read_file_by_file_and_what_cannot_be_read_is_one_refusal(tmp_path):
    logs = tmp_path / "logs"
    (logs / "more").mkdir(parents=True)
    jsonl(logs / "b.jsonl", SAMPLES["openai"], b"{")
    jsonl(logs / "more/a.jsonl", SAMPLES["alpaca"])
    (logs / "README.md").write_text("# Logs")
    (logs / ".hidden").write_text("x")
    result = read(logs)
    assert [one.place for one in result.conversations] == ["logs/b.jsonl:1", "logs/more/a.jsonl:1"]
    assert list(result.refused) == ["logs/README.md", "logs/b.jsonl:2"]


def test_a_folder_with_a_format_reads_only_files_of_that_format(tmp_path):
    jsonl(tmp_path / "a.jsonl", SAMPLES["openai"])
    jsonl(tmp_path / "b.jsonl", SAMPLES["alpaca"])
    result = read(tmp_path, format="alpaca")
    assert len(result.conversations) == 1
    assert len(result.refused) == 1


def test_a_folder_that_is_an_unpacked_export_is_one_import(tmp_path):
    result = read(unpack(tmp_path / "export", export_files(*TURN)), "desk")
    assert result.talk == [[("user", "Is it open?"), ("assistant", "Until six.")]]
    assert result.conversations[0].place == "export/general/2020-09-13.json[0]"


def test_files_named_by_dates_are_no_export_unless_they_hold_messages(tmp_path):
    folder = unpack(tmp_path / "logs", {"chats/2020-09-13.json": [SAMPLES["openai"]]})
    assert [one.place for one in read(folder).conversations] == ["logs/chats/2020-09-13.json[0]"]


def test_an_export_in_a_folder_of_files_is_read_and_without_its_speakers_refused(tmp_path):
    export(tmp_path, *TURN)
    jsonl(tmp_path / "a.jsonl", SAMPLES["openai"])
    assert len(read(tmp_path, "desk").conversations) == 2
    result = read(tmp_path)
    assert len(result.conversations) == 1
    assert "say whose messages are the brand's" in result.refused[f"{tmp_path.name}/export.zip"]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="is a folder without files"):
        read(tmp_path)


@pytest.mark.parametrize("content", ["text,role\nhello\na,b,c,d\nq,w,e,r\n", "text,role,role\nIs it open?,user\nno\n"])
@pytest.mark.parametrize("stated", [{"format": "csv"}, {"columns": ("text=text", "role=role")}])
def test_what_is_said_to_be_a_table_is_refused_in_the_words_of_tables(content, stated, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(ImportRefused, match="holds no JSON objects"):
        find_importer(path, BUILTIN_IMPORTERS)
    importer = find_importer(path, BUILTIN_IMPORTERS, **stated)
    assert importer.name == "csv"
    with pytest.raises(ImportRefused, match=r"no column that says what belongs together .*Its columns are 'text', "):
        list(importer.read(Request(path, columns=stated.get("columns", ()))))


@pytest.mark.parametrize("stated", [{"format": "csv"}, {"columns": ("text=body",)}])
def test_what_can_be_no_table_is_not_taken_for_one(stated, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('{"a": 1}\n')
    with pytest.raises(ImportRefused, match="holds JSON of another shape"):
        find_importer(path, BUILTIN_IMPORTERS, **stated)
    path.write_text("")
    with pytest.raises(ImportRefused, match="is empty"):
        find_importer(path, BUILTIN_IMPORTERS, **stated)


def test_columns_do_not_make_a_table_of_what_is_known(tmp_path):
    path = jsonl(tmp_path / "a", SAMPLES["openai"])
    assert find_importer(path, BUILTIN_IMPORTERS, columns=("text=body",)).name == "openai"


def test_what_can_be_read_is_listed_a_line_each(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Just prose\nwithout anything\n")
    with pytest.raises(ImportRefused) as refused:
        find_importer(path, BUILTIN_IMPORTERS)
    listed = [line.split(":")[0].strip() for line in str(refused.value).splitlines()[1:]]
    assert listed == [importer.name for importer in BUILTIN_IMPORTERS]
