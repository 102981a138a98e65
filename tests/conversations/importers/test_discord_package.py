"""The package of their own data that Discord sends to people: what its owner wrote, and nothing that it answers."""

import json

import pytest

from conversations.errors import ImportRefused
from conversations.importers import Limits
from tests.conversations.importers.discord_packages import formerly, record, today
from tests.conversations.importers.exports import pack, unpack
from tests.conversations.importers.reading import only, read

GREETING = (900719925474099301, "2024-03-05 12:00:00", "Ahoy!")
ANSWER = (900719925474099302, "2024-03-05 12:01:00", "We open at nine, <@1002> <:wave:88> <@77>")
LATER = (900719925474099303, "2024-03-05 18:00:00", 'Fair winds,\nthe "crew"')
SAID = {70: [GREETING, ANSWER, LATER], 71: [(*GREETING[:1], "2024-03-06 09:30:00.123000+00:00", "Good morning")]}


@pytest.mark.parametrize("form", [today, formerly])
@pytest.mark.parametrize("speaker", ["Harbor Desk", "harbor.desk", "1003"])
def test_everything_of_the_owner_is_read_with_record_ids_times_and_channel(form, speaker, tmp_path):
    result = read(pack(tmp_path / "package.zip", form(SAID)), speaker)
    said = [
        [(m.role, m.content, m.author, m.id, f"{m.sent_at:%d %H:%M}") for m in one.messages]
        for one in result.conversations
    ]
    assert said == [
        [
            ("assistant", "Ahoy!", "discord/1003", "discord:70/900719925474099301", "05 12:00"),
            (
                "assistant",
                "We open at nine, @Ben Berg :wave: @somebody",
                "discord/1003",
                "discord:70/900719925474099302",
                "05 12:01",
            ),
        ],
        [("assistant", 'Fair winds,\nthe "crew"', "discord/1003", "discord:70/900719925474099303", "05 18:00")],
        [("assistant", "Good morning", "discord/1003", "discord:71/900719925474099301", "06 09:30")],
    ]
    assert result.people == {"discord/1003": ("Harbor Desk", "harbor.desk"), "discord/1002": ("Ben Berg", "ben")}
    assert (result.refused, result.skipped) == ({}, [])


def test_an_unpacked_package_and_one_in_a_folder_of_its_own_say_the_same(tmp_path):
    files = today(SAID)
    packed = read(pack(tmp_path / "package.zip", files), "1003")
    assert read(unpack(tmp_path / "package", files), "1003").talk == packed.talk
    inner = {f"package/{name}": content for name, content in files.items()}
    assert read(pack(tmp_path / "again.zip", inner), "1003").talk == packed.talk


def test_folders_in_the_language_of_the_account_are_known_by_what_lies_in_them(tmp_path):
    renamed = {
        name.replace("Messages/", "Nachrichten/").replace("Account/", "Konto/"): content
        for name, content in today(SAID).items()
    }
    assert read(pack(tmp_path / "package.zip", renamed), "harbor.desk").talk == (
        read(pack(tmp_path / "english.zip", today(SAID)), "1003").talk
    )


@pytest.mark.parametrize("speaker", [(), ("ben",), ("Ben Berg",), ("nobody",)])
def test_only_the_owner_can_be_the_brand_and_has_to_be_named(speaker, tmp_path):
    with pytest.raises(ImportRefused, match=r"Most was written by Harbor Desk \(4\)"):
        read(pack(tmp_path / "package.zip", today(SAID)), *speaker)


def test_a_package_of_messages_alone_is_read_when_its_owner_is_named_by_number(tmp_path):
    files = {name: content for name, content in today(SAID).items() if not name.startswith("Account")}
    path = pack(tmp_path / "package.zip", files)
    with pytest.raises(ImportRefused, match=r"does not say whose it is: account/user.json is missing.*--speaker 1234"):
        read(path, "Harbor Desk")
    conversation, *_ = read(path, "1003").conversations
    assert {message.author for message in conversation.messages} == {"discord/1003"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (record(0, "2024-03-05 12:00:00", "x"), "its `ID` is a number, not the id"),
        (record(True, "2024-03-05 12:00:00", "x"), "its `ID` is true or false"),
        (record(5, "soon", "x"), "`Timestamp` is 'soon', not a time"),
        (record(5, None, "x"), "`Timestamp` is null"),
        (record(5, "2024-03-05 12:00:00", 7), "its `Contents` is a number"),
        (record(5, "2024-03-05 12:00:00", "a\0b"), "NUL"),
        (record(5, "2024-03-05 12:00:00", "\ud83d"), "lone surrogate"),
        (record(GREETING[0], "2024-03-05 12:00:00", "Other words"), "has the id of another message"),
        ({}, "is null, not"),
        ("words", "is text, not an object"),
        (None, "is null, not an object"),
    ],
)
def test_a_broken_message_is_refused_and_harms_no_other(entry, reason, tmp_path):
    files = today({70: []}) | {"Messages/c70/messages.json": json.dumps([record(*GREETING), entry]).encode()}
    result = read(pack(tmp_path / "package.zip", files), "1003")
    assert only(result.talk) == [("assistant", "Ahoy!")]
    assert reason in result.refused["package.zip/Messages/c70/messages.json[1]"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (record(5, "2024-03-05 12:00:00", "", Attachments="https://cdn/x.png"), "a file without words"),
        (record(5, "2024-03-05 12:00:00", None), "no words"),
        (record(*GREETING), "the same message again"),
    ],
)
def test_what_says_nothing_is_left_out(entry, reason, tmp_path):
    files = today({70: []}) | {"Messages/c70/messages.json": json.dumps([record(*GREETING), entry]).encode()}
    result = read(pack(tmp_path / "package.zip", files), "1003")
    assert (only(result.talk), result.reasons) == ([("assistant", "Ahoy!")], [reason])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("Messages/c70/messages.json", b'[{"ID": 1', "breaks off inside its list"),
        ("Messages/c70/messages.json", b"", "is empty"),
        ("Messages/c70/messages.json", b"null", "holds no list of messages"),
        ("Messages/c70/messages.json", b"[" + b"[" * 10_000 + b"]" * 10_000 + b"]", "nested too deeply"),
        ("Messages/c70/messages.json", b'["' + b"x" * 5000 + b'"]', "is longer than"),
        ("Account/user.json", b'{"id": "1003", "username": "harbor.desk", "relation', "is broken (breaks off"),
    ],
)
def test_a_broken_file_costs_only_itself(name, content, reason, tmp_path):
    files = today({70: [], 71: [GREETING]}) | {name: content}
    result = read(pack(tmp_path / "package.zip", files), "1003", limits=Limits(record_bytes=4000))
    if "nested" in reason:
        result = read(tmp_path / "package.zip", "1003")
    assert only(result.talk) == [("assistant", "Ahoy!")]
    assert reason in " ".join(result.refused.values())


def test_a_folder_that_only_looks_like_a_channel_is_no_package(tmp_path):
    files = {"2024/messages.json": b'[{"prompt": "Open?", "completion": "Until six."}]'}
    assert read(unpack(tmp_path / "logs", files)).talk == [[("user", "Open?"), ("assistant", "Until six.")]]
