"""Exports of Telegram Desktop: one chat, all of them, topics and replies."""

import json
import zipfile
from datetime import UTC, datetime

import pytest

from conversations.errors import ImportRefused
from tests.conversations.importers.reading import only, read

NOON = 1_709_640_000
TALK = [("user", "Is it open?"), ("assistant", "Until six.")]


def said(number, seconds, author, text, **more):
    name, identity = author
    moment = {"date": "2024-03-05T13:00:00", "date_unixtime": str(NOON + seconds)}
    return {"id": number, "type": "message", **moment, "from": name, "from_id": identity, "text": text} | more


ANNA, BEN, DESK = ("Anna", "user11"), ("Ben", "user12"), ("Harbor Desk", "user13")
ASKED, ANSWERED = said(1, 0, ANNA, "Is it open?"), said(2, 60, DESK, "Until six.")


def chat(*messages, **more):
    return {"name": "Shop", "type": "private_supergroup", "id": 77, "messages": list(messages)} | more


def write(tmp_path, content, name="result.json"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def test_one_chat_is_read_with_authors_times_ids_and_place(tmp_path):
    result = read(write(tmp_path, chat(ASKED, ANSWERED)), "Harbor Desk")
    conversation = only(result.conversations)
    assert result.talk == [TALK]
    assert [(m.author, m.id) for m in conversation.messages] == [
        ("telegram/user11", "telegram:77/1"),
        ("telegram/user13", "telegram:77/2"),
    ]
    assert conversation.messages[0].sent_at == datetime.fromtimestamp(NOON, UTC)
    assert conversation.place == "result.json[0]"
    assert result.people == {"telegram/user11": ("Anna",), "telegram/user13": ("Harbor Desk",)}


def test_a_full_export_is_read_chat_by_chat_alone_in_its_folder_and_zipped(tmp_path):
    chats = [chat(ASKED, ANSWERED), chat(said(1, 0, BEN, "Lunch?"), said(2, 9, DESK, "Soup."), id=78)]
    content = {"about": "x", "personal_information": {"user_id": 1}, "chats": {"about": "y", "list": chats}}
    path = write(tmp_path, content, "export/result.json")
    expected = [[("user", "Lunch?"), ("assistant", "Soup.")], TALK]
    result = read(path, "Harbor Desk")
    assert sorted(result.talk) == sorted(expected)
    assert {one.place for one in result.conversations} == {"result.json.chats[0][0]", "result.json.chats[1][0]"}
    (path.parent / "photos").mkdir()
    (path.parent / "photos" / "a.jpg").write_bytes(b"x")
    assert sorted(read(path.parent, "Harbor Desk").talk) == sorted(expected)
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "DataExport/result.json")
    assert sorted(read(packed, "Harbor Desk").talk) == sorted(expected)


def test_a_folder_with_other_logs_beside_is_read_file_by_file(tmp_path):
    write(tmp_path, chat(ASKED, ANSWERED), "logs/result.json")
    (tmp_path / "logs" / "more.jsonl").write_text('{"prompt": "Hi", "completion": "Hello"}\n')
    result = read(tmp_path / "logs", "Harbor Desk")
    assert sorted(result.talk) == sorted([TALK, [("user", "Hi"), ("assistant", "Hello")]])


def test_the_parts_of_a_text_are_joined(tmp_path):
    parts = ["Is it ", {"type": "bold", "text": "open"}, {"type": "custom_emoji", "text": "?", "document_id": "1"}]
    assert read(write(tmp_path, chat(said(1, 0, ANNA, parts), ANSWERED)), "Harbor Desk").talk == [TALK]


def test_a_reply_goes_to_what_it_answers_and_topics_are_kept_apart(tmp_path):
    topic = {"id": 5, "type": "service", "actor": "Anna", "actor_id": "user11", "action": "topic_created", "title": "T"}
    path = write(
        tmp_path,
        chat(
            topic,
            said(6, 10, BEN, "Where is my parcel?", reply_to_message_id=5),
            said(7, 20, ANNA, "Is it open?"),
            said(8, 30, DESK, "On its way.", reply_to_message_id=5),
            said(9, 40, BEN, "Lunch?"),
            said(10, 50, DESK, "Until six.", reply_to_message_id=7),
        ),
    )
    parcel = [("user", "Where is my parcel?"), ("assistant", "On its way.")]
    assert sorted(read(path, "Harbor Desk").talk) == sorted([TALK, parcel])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"id": 3, "type": "service", "action": "invite_members"}, "a notice of Telegram"),
        (said(3, 9, ANNA, "News", forwarded_from="Press"), "forwarded from elsewhere"),
        (said(3, 9, ANNA, "", photo="p.jpg"), "a file without words"),
        (said(3, 9, ANNA, []), "no words"),
        (said(3, 9, ANNA, "GIF", via_bot="@gif"), "written by a bot"),
    ],
)
def test_what_nobody_says_is_left_out(message, reason, tmp_path):
    result = read(write(tmp_path, chat(ASKED, ANSWERED, message)), "Harbor Desk")
    assert result.talk == [TALK]
    assert result.skipped == [("result.json[2]", reason)]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(3, 9, ANNA, 5), "neither text nor a list"),
        (said(3, 9, ANNA, [5]), "a part without text"),
        (said(3, 9, ("Anna", None), "x"), "names no author"),
        (said(3, 9, ANNA, "x", id=None), "its `id` is null"),
        (said(3, 9, ANNA, "x", date_unixtime="soon", date="later"), "`date` is 'later', not a time"),
        (said(3, 9, ANNA, "x", type="story"), "unknown kind (type 'story'"),
        (said(2, 9, ANNA, "Other words"), "has the id of another message (result.json[1])"),
        (7, "is a number, not an object"),
    ],
)
def test_a_broken_message_is_refused_and_harms_no_other(message, reason, tmp_path):
    result = read(write(tmp_path, chat(ASKED, ANSWERED, message)), "Harbor Desk")
    assert result.talk == [TALK]
    assert reason in result.refused["result.json[2]"]


def test_a_deleted_account_still_asks(tmp_path):
    result = read(write(tmp_path, chat(said(1, 0, (None, "user99"), "Is it open?"), ANSWERED)), "Harbor Desk")
    assert result.talk == [TALK]
    assert result.people["telegram/user99"] == ()


def test_of_a_file_that_breaks_off_everything_before_the_break_is_read(tmp_path):
    path = write(tmp_path, chat(ASKED, ANSWERED, said(3, 90, ANNA, "Thanks!")))
    path.write_bytes(path.read_bytes()[: -len('anks!"\n  }\n ]\n}')])
    result = read(path, "Harbor Desk")
    assert result.talk == [TALK]
    assert "breaks off" in result.refused["result.json"]


def test_without_a_speaker_those_who_wrote_most_are_named(tmp_path):
    with pytest.raises(ImportRefused, match=r"Most was written by Anna \(1\), Harbor Desk \(1\)"):
        read(write(tmp_path, chat(ASKED, ANSWERED)))


@pytest.mark.parametrize("broken", [{"from_id": "user\ud800"}, {"id": "\ud800"}, {"reply_to_message_id": "\ud800"}])
def test_half_a_character_in_an_id_costs_only_its_message(broken, tmp_path):
    said_by = (said(1, 0, ANNA, "Open?"), said(3, 5, ANNA, "Hm") | broken, said(2, 9, DESK, "Until six."))
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat(*said_by)))
    result = read(path, "Harbor Desk")
    assert result.talk == [[("user", "Open?"), ("assistant", "Until six.")]]
    assert result.refused == {"result.json[1]": "has an id that holds half of a character (a lone surrogate)"}


def test_an_account_with_half_a_character_in_its_id_is_named_so_that_a_terminal_can_show_it(tmp_path):
    twin = said(3, 5, ("Harbor Desk", "user\ud800"), "Hm")
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat(ASKED, twin, ANSWERED)))
    with pytest.raises(ImportRefused, match="2 accounts have that name") as refused:
        read(path, "Harbor Desk")
    assert str(refused.value).isprintable()
