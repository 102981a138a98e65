"""Exports of Discord: one file, several, and broken ones."""

import json
import zipfile
from datetime import timedelta

import pytest

from conversations.errors import ImportRefused
from conversations.importers import BUILTIN_IMPORTERS, Limits, Request, read_path
from tests.conversations.importers.discord_exports import (
    ANNA,
    BEN,
    DESK,
    NOON,
    account,
    channel,
    reply,
    said,
    write,
)
from tests.conversations.importers.reading import Read, only, read

ASKED, ANSWERED = said(1, 0, ANNA, "Is it open?"), said(2, 1, DESK, "Until six.")
TALK = [("user", "Is it open?"), ("assistant", "Until six.")]


def one_file(tmp_path, *messages, **more):
    return write(tmp_path / "help.json", channel(*messages, **more))


def test_a_turn_is_read_with_authors_times_ids_and_place(tmp_path):
    conversation = only(read(one_file(tmp_path, ASKED, ANSWERED), "Harbor Desk").conversations)
    assert [(m.role, m.content, m.author, m.id) for m in conversation.messages] == [
        ("user", "Is it open?", "discord/1001", "discord:70/9001"),
        ("assistant", "Until six.", "discord/1003", "discord:70/9002"),
    ]
    assert conversation.messages[0].sent_at == NOON
    assert conversation.place == "help.json[0]"


@pytest.mark.parametrize("name", ["Harbor Desk", "harbor desk", "@Harbor Desk", "discord/1003", "1003"])
def test_the_brand_is_named_by_name_or_id(name, tmp_path):
    assert only(read(one_file(tmp_path, ASKED, ANSWERED), name).talk) == TALK


def test_without_a_speaker_those_who_wrote_most_are_named(tmp_path):
    path = one_file(tmp_path, ASKED, ANSWERED, said(3, 2, DESK, "See you!"))
    with pytest.raises(ImportRefused, match=r"Most was written by Harbor Desk \(2\), anna \(1\)"):
        read(path)


def test_a_name_that_nobody_has_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ImportRefused, match=r"nobody is called 'Harbour Desk' .did you mean Harbor Desk"):
        read(one_file(tmp_path, ASKED, ANSWERED), "Harbour Desk")


def test_answers_go_to_the_message_they_reply_to_however_entangled_the_channel_is(tmp_path):
    path = one_file(
        tmp_path,
        said(1, 0, ANNA, "Is it open?"),
        said(2, 0.5, ANNA, "On Sunday, I mean"),
        said(3, 1, BEN, "Where is my parcel?"),
        reply(4, 2, DESK, "From ten.", to=2),
        reply(5, 3, DESK, "On its way!", to=3),
        reply(6, 50, ANNA, "Great, and Monday?", to=4),
        reply(7, 90, DESK, "Until six.", to=6),
    )
    assert sorted(read(path, "Harbor Desk").talk) == [
        [
            ("user", "Is it open?\nOn Sunday, I mean"),
            ("assistant", "From ten."),
            ("user", "Great, and Monday?"),
            ("assistant", "Until six."),
        ],
        [("user", "Where is my parcel?"), ("assistant", "On its way!")],
    ]


def test_a_circle_of_replies_and_a_reply_to_itself_harm_nothing(tmp_path):
    path = one_file(
        tmp_path,
        reply(1, 0, ANNA, "Is it open?", to=2),
        reply(2, 1, DESK, "Until six.", to=1),
        reply(3, 2, BEN, "And now?", to=3),
        reply(4, 3, DESK, "Still open.", to=3),
    )
    assert sorted(read(path, "Harbor Desk").talk) == [[("user", "And now?"), ("assistant", "Still open.")], TALK]


def test_an_answer_to_a_message_that_is_not_there_is_paired_with_nobody_else(tmp_path):
    path = one_file(tmp_path, said(1, 0, ANNA, "Hi"), said(2, 1, BEN, "Lunch?"), reply(3, 2, DESK, "Sure!", to=99))
    result = read(path, "Harbor Desk")
    assert result.talk == []
    assert len(result.skipped) == 3


def test_parts_of_one_export_and_its_threads_are_one_import(tmp_path):
    folder = tmp_path / "server"
    write(folder / "help [part 1].json", channel(said(1, 0, ANNA, "Is it open?"), said(2, 0, BEN, "Lunch?")))
    write(folder / "help [part 2].json", channel(reply(3, 90, DESK, "Until six.", to=1)))
    thread = channel(
        said(4, 100, DESK, "It left today."), id="9002", type="GuildPublicThread", categoryId="70", name="parcel"
    )
    write(folder / "thread.json", thread)
    write(folder / "help.json_Files" / "data.json", {"not": "a log"})
    result = read(folder, "Harbor Desk")
    assert sorted(result.talk) == [TALK, [("user", "Lunch?"), ("assistant", "It left today.")]]
    assert {one.place for one in result.conversations} == {
        "server/help [part 1].json[0]",
        "server/help [part 1].json[1]",
    }
    packed = tmp_path / "server.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.rglob("*.json"):
            archive.write(file, file.relative_to(tmp_path))
    assert sorted(read(packed, "Harbor Desk").talk) == sorted(result.talk)


def test_the_same_messages_in_two_exports_count_once_and_the_last_edit_wins(tmp_path):
    folder = tmp_path / "server"
    edited = said(2, 1, DESK, "Until seven.", timestampEdited=(NOON + timedelta(hours=1)).isoformat())
    write(folder / "new.json", channel(ASKED, edited))
    write(folder / "old.json", channel(ASKED, ANSWERED))
    result = read(folder, "Harbor Desk")
    assert only(result.talk)[1] == ("assistant", "Until seven.")
    assert result.reasons == ["the same message again", "an earlier wording of a message that was edited"]


def test_an_id_with_other_words_and_no_edit_is_refused(tmp_path):
    result = read(one_file(tmp_path, ASKED, ANSWERED, said(2, 1, DESK, "Other words")), "Harbor Desk")
    assert only(result.talk) == TALK
    assert "has the id of another message (help.json[1])" in result.refused["help.json[2]"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(3, 2, ANNA, "", type="GuildMemberJoin"), "a notice of Discord (GuildMemberJoin)"),
        (
            said(3, 2, ANNA, "Pinned a message.", type="ChannelPinnedMessage"),
            "a notice of Discord (ChannelPinnedMessage)",
        ),
        (said(3, 2, ANNA, "", attachments=[{"id": "1"}]), "a file without words"),
        (said(3, 2, ANNA, "  "), "no words"),
        (said(3, 2, ANNA, "Hot!", author=account(("5", "mee6"), isBot=True)), "written by a bot"),
        (said(3, 2, ANNA, "News", forwardedMessage={"content": "x"}), "forwarded from elsewhere"),
    ],
)
def test_what_nobody_says_is_left_out(message, reason, tmp_path):
    result = read(one_file(tmp_path, ASKED, ANSWERED, message), "Harbor Desk")
    assert only(result.talk) == TALK
    assert result.skipped == [("help.json[2]", reason)]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(3, 2, ANNA, 7), "its content is a number"),
        (said(3, 2, ANNA, "a\0b"), "NUL"),
        (said(3, 2, ANNA, "\ud83d"), "lone surrogate"),
        (said(3, 2, ANNA, "x", timestamp="soon"), "`timestamp` is 'soon', not a time"),
        (said(3, 2, ANNA, "x", timestamp=None), "`timestamp` is null"),
        (said(3, 2, ANNA, "x", author=None), "names no author"),
        (said(3, 2, ANNA, "x", id=None), "its `id` is null"),
        (said(3, 60 * 24 * 3650, ANNA, "x"), "is dated in the future (2034-"),
        ("words", "is text, not an object"),
    ],
)
def test_a_broken_message_is_refused_and_harms_no_other(message, reason, tmp_path):
    request = Request(
        one_file(tmp_path, ASKED, message, ANSWERED), speakers=("Harbor Desk",), latest=NOON + timedelta(1)
    )
    result = Read(tuple(read_path(request, BUILTIN_IMPORTERS)))
    assert only(result.talk) == TALK
    assert reason in result.refused["help.json[1]"]


def test_a_bot_that_is_named_is_the_brand_also_with_what_it_says_in_a_frame(tmp_path):
    bot = account(("5", "HarborBot"), isBot=True, discriminator="1234")
    framed = said(2, 1, DESK, "", author=bot, embeds=[{"title": "Hours", "description": "Until six."}])
    assert only(read(one_file(tmp_path, ASKED, framed), "harborbot").talk)[1] == ("assistant", "Hours\nUntil six.")


def test_mentions_and_emoji_of_the_raw_text_become_readable(tmp_path):
    asked = said(1, 0, ANNA, "<@1003> open? <:wave:88> <@77>", mentions=[account(DESK)])
    assert only(read(one_file(tmp_path, asked, ANSWERED), "Harbor Desk").talk)[0] == (
        "user",
        "@Harbor Desk open? :wave: @somebody",
    )


def test_an_answer_goes_to_whom_it_names_where_several_have_spoken(tmp_path):
    asked = (said(1, 0, ANNA, "Is it open?"), said(2, 1, BEN, "Lunch?"))
    answer = said(3, 2, DESK, "@anna Until six.", mentions=[account(ANNA)])
    assert read(one_file(tmp_path, *asked, answer), "Harbor Desk").talk == [
        [("user", "Is it open?"), ("assistant", "@anna Until six.")]
    ]


def test_everybody_who_is_named_is_told(tmp_path):
    asked = said(1, 0, ANNA, "Is it open?", mentions=[account(BEN, nickname="Benno")])
    assert read(one_file(tmp_path, asked, ANSWERED), "Harbor Desk").people == {
        "discord/1001": ("anna",),
        "discord/1002": ("Benno", "ben"),
        "discord/1003": ("Harbor Desk",),
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_of_unicode_are_read(encoding, tmp_path):
    path = tmp_path / "help.json"
    path.write_bytes(json.dumps(channel(ASKED, ANSWERED), ensure_ascii=False).encode(encoding))
    assert only(read(path, "Harbor Desk").talk) == TALK


def test_of_a_file_that_breaks_off_everything_before_the_break_is_read(tmp_path):
    path = one_file(tmp_path, ASKED, ANSWERED, said(3, 2, ANNA, "Thanks! " * 50))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"Thanks! Thanks!") + 20])
    result = read(path, "Harbor Desk")
    assert only(result.talk) == TALK
    assert set(result.refused) == {"help.json[2]", "help.json"}
    assert "breaks off" in result.refused["help.json"]


def test_a_count_that_does_not_fit_is_told(tmp_path):
    content = channel(ASKED, ANSWERED) | {"messageCount": 5}
    result = read(write(tmp_path / "help.json", content), "Harbor Desk")
    assert only(result.talk) == TALK
    assert result.refused == {"help.json": "says that it holds 5 messages, and holds 2"}


def test_a_message_that_is_too_long_or_nested_too_deeply_is_refused_alone(tmp_path):
    path = one_file(tmp_path, ASKED, said(3, 2, ANNA, "x" * 5000), said(4, 2, ANNA, "DEEP"), ANSWERED)
    deep = "[" * 10_000 + "]" * 10_000
    path.write_text(path.read_text().replace('"DEEP"', deep))
    result = read(path, "Harbor Desk", limits=Limits(record_bytes=4000))
    assert only(result.talk) == TALK
    assert all("longer than" in reason for reason in result.refused.values())
    again = read(path, "Harbor Desk")
    assert "nested too deeply" in again.refused["help.json[2]"]


def test_a_folder_of_many_logs_is_read_part_by_part_and_an_export_inside_as_a_whole(tmp_path):
    logs = tmp_path / "logs"
    write(logs / "server" / "help [part 1].json", channel(said(1, 0, ANNA, "Is it open?"), said(2, 0, BEN, "Lunch?")))
    write(logs / "server" / "help [part 2].json", channel(reply(3, 90, DESK, "Until six.", to=1)))
    write(logs / "alone.json", channel(ASKED, ANSWERED, id="71"))
    (logs / "chat.txt").write_text("13/03/2025, 10:14 - Anna: Hi\n13/03/2025, 10:15 - Harbor Desk: Hello\n")
    (logs / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    result = read(logs, "Harbor Desk")
    assert sorted(result.talk) == sorted([TALK, TALK, [("user", "Hi"), ("assistant", "Hello")]])
    assert list(result.refused) == ["logs/photo.jpg"]
