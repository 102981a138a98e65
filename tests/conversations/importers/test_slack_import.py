from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import ImportRefused
from conversations.importers.slack.importer import load_people
from tests.conversations.importers.exports import (
    ANNA,
    BEN,
    BOT,
    DESK,
    MIA,
    NOON,
    USERS,
    export,
    export_files,
    pack,
    reply,
    said,
    ts,
    user,
)
from tests.conversations.importers.reading import only, patient, read

ASKED, ANSWERED = said(0, ANNA, "Is it open?"), said(60, DESK, "Until six.")
TALK = [("user", "Is it open?"), ("assistant", "Until six.")]
DAY = "export.zip/general/2020-09-13.json"


def turn_and(*messages):
    """Records that come long after one good turn."""
    return (ASKED, ANSWERED, *messages)


def test_a_turn_is_read_with_authors_times_ids_and_place(tmp_path):
    conversation = only(read(export(tmp_path, ASKED, ANSWERED), "desk").conversations)
    assert [(m.role, m.content, m.author) for m in conversation.messages] == [
        ("user", "Is it open?", ANNA),
        ("assistant", "Until six.", DESK),
    ]
    assert conversation.messages[0].sent_at == datetime.fromtimestamp(NOON, UTC)
    assert [m.id for m in conversation.messages] == [f"slack:C0GEN/{ts(0)}", f"slack:C0GEN/{ts(60)}"]
    assert conversation.place == f"{DAY}[0]"


def test_consecutive_messages_of_one_person_are_one_with_a_line_each(tmp_path):
    messages = [ASKED, said(5, ANNA, "Today?"), ANSWERED, said(61, DESK, "And tomorrow.")]
    assert read(export(tmp_path, *messages), "desk").talk == [
        [("user", "Is it open?\nToday?"), ("assistant", "Until six.\nAnd tomorrow.")]
    ]


def test_ids_are_the_same_in_a_later_export_with_another_name(tmp_path):
    first = read(export(tmp_path, ASKED, ANSWERED), "desk")
    (tmp_path / "later").mkdir()
    later = read(export(tmp_path / "later", said(-9000, BEN, "Hm"), ASKED, ANSWERED, said(70, ANNA, "Thanks")), "desk")
    assert [one.id for one in later.conversations] == [one.id for one in first.conversations]


def test_a_conversation_goes_on_over_midnight_and_is_sorted_by_time(tmp_path):
    files = export_files(said(50, ANNA, "Late?"), said(0, DESK, "First")) | {
        "general/2020-09-14.json": [said(99, DESK, "Yes."), said(70, ANNA, "Hello?")]
    }
    assert read(pack(tmp_path / "e.zip", files), "desk").talk == [[("user", "Late?\nHello?"), ("assistant", "Yes.")]]


def test_a_thread_is_gathered_from_later_days_and_keeps_its_authors(tmp_path):
    files = export_files(said(0, ANNA, "Broken!", thread_ts=ts(0)), said(5, BEN, "Lunch?")) | {
        "general/2020-09-15.json": [reply(200_000, BEN, "Mine too.", to=0), reply(200_050, DESK, "Sorry, both!", to=0)]
    }
    result = read(pack(tmp_path / "export.zip", files), "desk")
    assert [(m.role, m.author, m.content) for m in only(result.conversations).messages] == [
        ("user", ANNA, "Broken!"),
        ("user", BEN, "Mine too."),
        ("assistant", DESK, "Sorry, both!"),
    ]
    assert result.skipped == [(f"{DAY}[1]", "not answered by the brand")]


def test_a_broadcast_of_a_thread_counts_once(tmp_path):
    broadcast = reply(60, DESK, "Fixed.", to=0, subtype="thread_broadcast", root={"ts": ts(0)})
    result = read(export(tmp_path, said(0, ANNA, "Broken!"), broadcast, broadcast, said(90, BEN, "Nice")), "desk")
    assert result.talk == [[("user", "Broken!"), ("assistant", "Fixed.")]]
    assert (f"{DAY}[2]", "the same message again") in result.skipped


def test_a_broadcast_whose_first_copy_does_not_know_its_thread_still_belongs_to_it(tmp_path):
    messages = [said(0, ANNA, "Broken!"), said(9000, DESK, "Fixed."), reply(9000, DESK, "Fixed.", to=0)]
    assert read(export(tmp_path, *messages), "desk").talk == [[("user", "Broken!"), ("assistant", "Fixed.")]]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (said(90, ANNA, "joined", subtype="channel_join"), "a notice of Slack (channel_join)"),
        (said(90, ANNA, "left", subtype="group_leave"), "a notice of Slack (group_leave)"),
        (said(90, "USLACKBOT", "", subtype="huddle_thread", room={}), "a notice of Slack (huddle_thread)"),
        (said(90, "USLACKBOT", "gone", subtype="tombstone"), "a notice of Slack (tombstone)"),
        (said(90, None, "x", subtype="file_comment", comment={"user": ANNA}), "a notice of Slack (file_comment)"),
        (said(90, "USLACKBOT", "Reminder"), "written by a bot"),
        (said(90, None, "Build ok", subtype="bot_message", bot_id="B1"), "written by a bot"),
        (said(90, None, "Build ok", subtype="bot_message", username="ci"), "written by a bot"),
        (said(90, BOT, "Hi"), "written by a bot"),
        (said(90, ANNA, "Posted for me", bot_id="B2"), "written by a bot"),
        (said(90, ANNA, "", files=[{"id": "F1"}], upload=True), "a file without words"),
        (said(90, ANNA, "<@U0ANNA> uploaded a file: <x|y>", subtype="file_share"), "a file without words"),
        (said(90, ANNA, ""), "no words"),
        (said(90, ANNA, None, blocks=[{"type": "divider"}]), "no words"),
        ({"type": "message", "subtype": "message_deleted", "deleted_ts": ts(7)}, "a deletion"),
    ],
)
def test_what_nobody_said_is_skipped_with_its_reason(record, reason, tmp_path):
    result = read(export(tmp_path, *turn_and(record)), "desk")
    assert result.talk == [TALK]
    assert result.skipped == [(f"{DAY}[2]", reason)]
    assert result.refused == {}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (said(90, ANNA, "x", subtype="hologram"), "is of an unknown kind (type 'message', subtype 'hologram')"),
        (said(90, ANNA, "x", subtype=["a"]), "is of an unknown kind (type 'message', subtype a list)"),
        (said(90, ANNA, "x", type="reaction"), "is of an unknown kind (type 'reaction', subtype null)"),
        (said(90, "U00", "x"), "was written by U00, which is a fault of the export"),
        (said(90, None, "x"), "names no author"),
        (said(90, "", "x"), "names no author"),
        ({}, "names no author"),
        (said(90, ANNA, ["x"]), "its text is a list, not text"),
        (said(90, ANNA, "a\ud83d"), "its text holds half of a character (a lone surrogate)"),
        (said(90, ANNA, "a\0"), "its text holds a NUL character"),
        (said(90, ANNA, "x", ts=None), "`ts` is null, not a time"),
        (said(90, ANNA, "x", ts="yesterday"), "`ts` is 'yesterday', not a time"),
        (said(90, ANNA, "x", ts=True), "`ts` is true or false, not a time"),
        (said(90, ANNA, "x", ts=10**400), "`ts` is a number, not a time"),
        (said(90, ANNA, "x", ts=1e300), "`ts` is "),
        (said(90, ANNA, "x", ts="99999999999999.000000"), "`ts` is "),
        (said(90, ANNA, "x", thread_ts="soon"), "`thread_ts` is 'soon', not a time"),
        (said(0, BEN, "Forged"), f"has the same time as another message ({DAY}[0]), and times are ids"),
        ({"type": "message", "subtype": "message_deleted"}, "`deleted_ts` is null, not a time"),
        ("hello", "is text, not an object"),
        (None, "is null, not an object"),
    ],
)
def test_a_faulty_record_is_refused_with_its_place_and_the_rest_goes_in(record, reason, tmp_path):
    result = read(export(tmp_path, *turn_and(record)), "desk")
    assert result.talk == [TALK]
    assert list(result.refused) == [f"{DAY}[2]"]
    assert result.refused[f"{DAY}[2]"].startswith(reason)


@pytest.mark.parametrize(
    "record",
    [
        said(0, ANNA, "Is it open?", subtype="me_message"),
        said(0, ANNA, "Is it open?", ts=float(NOON)),
        said(0, ANNA, "Is it open?", ts=str(NOON)),
        said(0, ANNA, "Is it open?", bot_id=None, subtype=None, thread_ts=None),
        said(0, ANNA, "Is it open?", user_team="T9", source_team="T9"),
        said(0, ANNA, "<@U0ANNA|anna> uploaded a file: <u|t> and commented: Is it open?", subtype="file_share"),
        said(0, ANNA, "", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "Is it open?"}}]),
        said(0, ANNA, "", attachments=[{"text": "Is it open?", "fallback": "f"}]),
        {key: value for key, value in ASKED.items() if key != "type"},
    ],
)
def test_every_way_of_saying_something_is_read(record, tmp_path):
    assert read(export(tmp_path, record, ANSWERED), "desk").talk == [TALK]


def test_the_last_wording_of_an_edited_message_is_used_and_a_deleted_one_is_gone(tmp_path):
    def edit(seconds, text):
        message = said(60, DESK, text, edited={"user": DESK, "ts": ts(seconds)})
        return {"type": "message", "subtype": "message_changed", "ts": ts(seconds), "message": message}

    deleted = {"type": "message", "subtype": "message_deleted", "ts": ts(99), "previous_message": {"ts": ts(9)}}
    messages = [
        edit(70, "Till 6."),
        ASKED,
        said(9, ANNA, "My PIN is 1234"),
        ANSWERED,
        edit(80, "Until seven."),
        deleted,
    ]
    result = read(export(tmp_path, *messages), "desk")
    assert result.talk == [[("user", "Is it open?"), ("assistant", "Until seven.")]]
    assert sorted(result.skipped) == [
        (f"{DAY}[0]", "an edit, whose last wording is used"),
        (f"{DAY}[2]", "deleted by its author"),
        (f"{DAY}[4]", "an edit, whose last wording is used"),
        (f"{DAY}[5]", "a deletion"),
    ]


def test_an_edit_inside_an_edit_without_end_is_refused(tmp_path):
    record = said(60, DESK, "x")
    for _ in range(50):
        record = {"type": "message", "subtype": "message_changed", "message": record}
    assert "unknown kind" in only(read(export(tmp_path, *turn_and(record)), "desk").refused.values())


@pytest.mark.parametrize("name", ["U0DESK", "desk", "DESK", "@desk", "Harbor Desk", "harbor desk", " desk "])
def test_a_speaker_goes_by_id_or_any_name_in_any_case(name, tmp_path):
    assert read(export(tmp_path, ASKED, ANSWERED), name).talk == [TALK]


def test_a_display_name_names_a_speaker_and_several_can_be_named(tmp_path):
    path = export(tmp_path, ASKED, said(9, BEN, "Yes."), ANSWERED)
    assert only(read(path, "benno", "desk").talk) == [*TALK[:1], ("assistant", "Yes."), *TALK[1:]]


def test_a_speaker_whom_nobody_knows_is_refused_with_the_nearest_names(tmp_path):
    with pytest.raises(ImportRefused) as refused:
        read(export(tmp_path, ASKED, ANSWERED), "dekc")
    assert "nobody is called 'dekc' (did you mean desk?)" in str(refused.value)


def test_one_unknown_speaker_among_known_ones_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="nobody is called 'zzz'"):
        read(export(tmp_path, ASKED, ANSWERED), "desk", "zzz")


def test_a_name_of_two_accounts_is_refused_with_their_ids(tmp_path):
    path = export(tmp_path, ASKED, ANSWERED, users=[*USERS, user("U0NEW", "new", display_name="Desk")])
    with pytest.raises(ImportRefused, match=r"2 accounts have that name: U0DESK .*, U0NEW .*Name one by its id"):
        read(path, "desk")
    assert read(path, "U0DESK").talk == [TALK]


def test_without_speakers_the_brand_is_not_guessed(tmp_path):
    messages = [ASKED, *(said(60 + n, DESK, f"Answer {n}") for n in range(3)), said(99, BOT, "beep")]
    with pytest.raises(ImportRefused) as refused:
        read(export(tmp_path, *messages), format="slack")
    assert "say whose messages are the brand's. Most was written by desk (3), anna (1)." in str(refused.value)
    assert "--speaker NAME" in str(refused.value)
    assert "beep" not in str(refused.value)


def test_people_outside_the_list_can_speak_and_can_be_the_brand(tmp_path):
    profile = {"real_name": "Zoe Zander", "display_name": "zoe"}
    messages = [said(0, MIA, "Hi"), said(5, "U0EXT", "Hello <@U0GONE>", user_team="T9", user_profile=profile)]
    for name in ("U0EXT", "zoe", "Zoe Zander"):
        assert read(export(tmp_path, *messages), name).talk == [[("user", "Hi"), ("assistant", "Hello @someone")]]


@pytest.mark.parametrize("name", ["harborbot", BOT, "B7", "Harbor Bot"])
def test_a_bot_is_the_brand_where_it_is_named(name, tmp_path):
    by_user = name in ("harborbot", BOT)
    bot = {"user": BOT, "bot_id": "B6"} if by_user else {"bot_id": "B7", "username": "Harbor Bot"}
    answer = said(5, None, "Until six.") | {"subtype": None if by_user else "bot_message"} | bot
    assert read(export(tmp_path, ASKED, answer), name).talk == [TALK]


def test_an_export_without_a_list_of_people_is_read_by_ids(tmp_path):
    path = export(tmp_path, ASKED, said(5, DESK, "<@U0ANNA> until six."), users=None)
    assert read(path, DESK).talk == [[("user", "Is it open?"), ("assistant", "@someone until six.")]]


def test_an_export_of_an_enterprise_names_its_people_in_another_file(tmp_path):
    files = export_files(ASKED, ANSWERED, users=None) | {"org_users.json": USERS}
    assert read(pack(tmp_path / "e.zip", files), "Harbor Desk").talk == [TALK]


def test_private_channels_and_direct_messages_are_read_and_one_without_an_entry_goes_by_its_folder(tmp_path):
    files = export_files(ASKED, ANSWERED) | {
        "groups.json": [{"id": "G0SEC", "name": "secret"}],
        "dms.json": [{"id": "D0ONE", "members": [ANNA, DESK]}],
        "mpims.json": [{"id": "G0MPI", "name": "mpdm-anna--ben--desk-1"}],
    }
    for folder in ("secret", "D0ONE", "mpdm-anna--ben--desk-1", "renamed"):
        files[f"{folder}/2020-09-13.json"] = [ASKED, ANSWERED]
    result = read(pack(tmp_path / "export.zip", files), "desk")
    channels = {one.messages[0].id.split("/")[0] for one in result.conversations}
    assert channels == {"slack:C0GEN", "slack:G0SEC", "slack:D0ONE", "slack:G0MPI", "slack:renamed"}
    assert len({one.id for one in result.conversations}) == 5


def test_an_export_packed_again_inside_a_folder_is_found(tmp_path):
    files = {f"my export/{name}": content for name, content in export_files(ASKED, ANSWERED).items()}
    files["__MACOSX/my export/._users.json"] = b"\0"
    result = read(pack(tmp_path / "e.zip", files), "desk")
    assert result.talk == [TALK]
    assert result.conversations[0].place == "e.zip/my export/general/2020-09-13.json[0]"


def test_empty_days_and_files_that_hold_no_messages_are_told_and_harm_nothing(tmp_path):
    files = export_files(ASKED, ANSWERED) | {
        "general/2020-09-14.json": [],
        "general/2020-09-15.json": b"",
        "general/2020-09-16.json": {"ok": False},
        "general/2020-09-17.json": b"[{",
        "general/notes.txt": b"hm",
        "integration_logs.json": [],
    }
    result = read(pack(tmp_path / "export.zip", files), "desk")
    assert result.talk == [TALK]
    day = DAY.removesuffix("3.json")
    assert {place.removeprefix(day): reason[:12] for place, reason in result.refused.items()} == {
        "5.json": "is empty",
        "6.json": "holds no lis",
        "7.json[0]": "is not JSON:",
        "7.json": "breaks off i",
    }
    assert result.skipped == [("export.zip/general/notes.txt", "is no file of messages")]


def test_broken_entries_of_the_lists_are_told_and_the_others_count(tmp_path):
    files = export_files(
        ASKED, ANSWERED, users=["x", {}, {"id": 7}, {"id": "U1", "profile": "x", "name": None}, *USERS]
    )
    files["channels.json"] = [None, {"name": "x"}, {"id": "C0GEN", "name": "general"}]
    result = read(pack(tmp_path / "export.zip", files), "desk")
    assert result.conversations[0].messages[0].id.startswith("slack:C0GEN")
    assert list(result.refused) == ["export.zip/users.json[0]", "export.zip/channels.json[0]"]


def test_an_export_without_messages_is_refused(tmp_path):
    files = {"users.json": USERS, "channels.json": []}
    with pytest.raises(ImportRefused, match="holds no messages"):
        read(pack(tmp_path / "e.zip", files), "desk")


def test_a_text_export_is_refused_with_what_to_ask_for(tmp_path):
    files = {"channels/general.txt": b"[2020-09-13] anna: hi", "dms/ben.txt": b"x", "files/a.png": b"x"}
    with pytest.raises(ImportRefused, match=r"text export of one person.*Ask an owner"):
        read(pack(tmp_path / "e.zip", files), "desk")


def test_the_people_of_an_export_can_be_listed_for_privacy(tmp_path):
    people = load_people(export(tmp_path, ASKED, ANSWERED))
    assert people[BEN].names == ("Benno", "ben")
    assert people[ANNA].names == ("anna", "Anna Abel")
    assert set(people) == {ANNA, BEN, MIA, DESK, BOT}


words = st.text("abc <@U0ANNA>&;", max_size=9)
values = st.none() | st.booleans() | st.integers() | words | st.lists(words, max_size=2)
keys = [
    "type",
    "subtype",
    "user",
    "bot_id",
    "username",
    "text",
    "ts",
    "thread_ts",
    "blocks",
    "message",
    "files",
    "edited",
]
strange = st.dictionaries(st.sampled_from(keys), values, max_size=8)
plausible = st.fixed_dictionaries(
    {"user": st.sampled_from([ANNA, BEN, DESK]), "ts": st.integers(0, 9999).map(ts), "text": words},
    optional={
        "thread_ts": st.integers(0, 9999).map(ts),
        "type": st.just("message"),
        "bot_id": st.none() | st.just("B1"),
    },
)


@patient
@given(st.lists(strange | plausible | values, max_size=9))
def test_every_record_is_in_a_conversation_or_skipped_or_refused_once(tmp_path_factory, records):
    files = export_files(*records) | {"shop/2020-09-13.json": [ASKED, ANSWERED]}
    result = read(pack(tmp_path_factory.mktemp("odd") / "export.zip", files), "desk")
    assert TALK in result.talk
    told = [place for place, _ in result.skipped] + list(result.refused)
    lines = sum(message.content.count("\n") + 1 for one in result.conversations for message in one.messages)
    assert len(set(told)) == len(told)
    assert len(told) + lines - len(TALK) == len(records)


def test_everybody_whom_an_export_names_is_told_also_people_of_other_workspaces(tmp_path):
    guest = said(5, "U0GUEST", "Me too", user_profile={"real_name": "Gina Guest", "display_name": "gina"})
    people = read(export(tmp_path, ASKED, ANSWERED, guest), "desk").people
    assert people["U0GUEST"] == ("gina", "Gina Guest")
    assert people[ANNA] == ("anna", "Anna Abel")


def test_where_names_are_missing_the_refusal_says_why(tmp_path):
    with pytest.raises(
        ImportRefused, match=r"nobody is called 'desk'.*no users.json, so people are known by their ids"
    ):
        read(export(tmp_path, ASKED, ANSWERED, users=None), "desk")
    with pytest.raises(ImportRefused, match=r"export.zip/users.json.* breaks off .*so names may be missing"):
        read(export(tmp_path, ASKED, ANSWERED, users=b"["), "desk")


@pytest.mark.parametrize("ts", [16, True, None, "soon", [], 1e300])
def test_a_time_that_is_none_costs_only_its_message(ts, tmp_path):
    result = read(export(tmp_path, ASKED, ANSWERED, {**ASKED, "ts": ts}), "desk")
    assert len(result.talk) == 1
    assert "`ts` is" in result.refused["export.zip/general/2020-09-13.json[2]"]
