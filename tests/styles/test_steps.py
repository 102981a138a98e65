"""What each built-in curation step keeps, changes and drops."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conversations.consent import Marks, Unwilling
from conversations.messages import Conversation
from conversations.roster import Roster
from styles.curation import Curated, Limits, Step
from styles.steps import refuse_unwilling
from tests.conversations.planted import planted
from tests.styles.material import conversation, curated, message, texts

GOOD = conversation("good", "u: Is it open?", "a: Yes, until nine!")


def only(result: Curated) -> tuple[str, str]:
    """Step and reason of the only drop."""
    (dropped,) = result.dropped
    return dropped.step, dropped.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "no-source"),
        ("gone", "no-source"),
        ("silent", "no-basis"),
        ("closed", "not-allowed"),
        ("orphan", "no-owner"),
    ],
)
def test_without_a_basis_nothing_is_learned(source: str | None, reason: str) -> None:
    result = curated([GOOD, conversation("bad", "u: hi", "a: hello", source=source)])
    assert only(result) == ("basis", reason)
    assert [example.id for example in result.examples] == ["good"]


def test_whoever_opted_out_and_every_channel_that_did_is_not_learned_from() -> None:
    marks = Marks(b"key")
    unwilling = Unwilling(replace(marks, found=frozenset({marks.of_person("U7")})), frozenset({"random"}))
    theirs = Conversation("theirs", (message("u: hi", author="U7"), message("a: hello")), source="log")
    there = conversation("there", "u: hey", "a: ahoy", place="export.zip/random/2026-01-02.json[3]")
    live = Conversation("live", (message("u: yo", id="slack:RANDOM/1.2"), message("a: aye")), source="log")
    near = conversation("near", "u: oh", "a: well", place="export.zip/random-talk/2026-01-02.json[3]")
    step = Step("consent", lambda batch: [refuse_unwilling(draft, unwilling) for draft in batch])
    result = curated([GOOD, theirs, there, live, near], extra=[step])
    assert {d.id: d.reason for d in result.dropped} == {
        "theirs": "opted-out",
        "there": "channel-opted-out",
        "live": "channel-opted-out",
    }


def test_a_refused_conversation_does_not_push_out_an_equal_one_that_is_allowed() -> None:
    refused = conversation("a-first", "u: Is it open?", "a: Yes, until nine!", source="silent")
    assert [example.id for example in curated([refused, GOOD]).examples] == ["good"]


def test_the_assistants_own_replies_are_learned_only_once_somebody_approved_them() -> None:
    own = Conversation("own", (message("u: hi"), message("a: hello", voice="harbor@3")), source="log")
    assert only(curated([GOOD, own])) == ("own replies", "not-approved")
    approved = curated([GOOD, own], reviewers={"own": "Olivia"})
    example = next(example for example in approved.examples if example.id == "own")
    assert example.reviewer is not None
    assert "Olivia" not in example.reviewer


def test_what_a_person_wrote_beside_the_assistant_is_learned() -> None:
    mixed = Conversation(
        "mixed",
        (message("u: hi"), message("a: hello", voice="harbor@3"), message("u: broken"), message("a: I mend it")),
        source="log",
    )
    assert texts(curated([mixed])) == [["u: hi", "a- hello", "u: broken", "a: I mend it"]]


@pytest.mark.parametrize(
    ("turns", "left"),
    [
        (["s: be nice", "u: hi", "a: hello"], ["u: hi", "a: hello"]),
        (["a: News!", "u: hi", "a: hello"], ["u: hi", "a: hello"]),
        (["u: hi", "a: hello", "u: thanks"], ["u: hi", "a: hello"]),
        (["u: hi", "a: hello", "u: so", "a- skip"], ["u: hi", "a: hello"]),
        (["u: hi", "u: anybody?", "a: yes", "a: here"], ["u: hi\nanybody?", "a: yes\nhere"]),
        (["u: hi", "a: yes", "a- [macro]", "u: so", "a: ok"], ["u: hi", "a- yes\n[macro]", "u: so", "a: ok"]),
        (["u: hi", "s: note", "u: there", "a: ok"], ["u: hi\nthere", "a: ok"]),
    ],
)
def test_turns_are_brought_into_order(turns: list[str], left: list[str]) -> None:
    assert texts(curated([conversation("c", *turns)])) == [left]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (["a: News!"], "no-user"),
        ([], "no-user"),
        (["s: be nice"], "no-user"),
        (["u: hi", "u: anybody?"], "no-reply"),
        (["a: News!", "u: nice"], "no-reply"),
        (["u: hi", "a- hello"], "no-target"),
    ],
)
def test_a_conversation_without_a_reply_to_learn_is_dropped(turns: list[str], reason: str) -> None:
    assert only(curated([GOOD, conversation("bad", *turns)])) == ("roles", reason)


def test_a_turn_without_text_drops_the_conversation() -> None:
    assert only(curated([GOOD, conversation("bad", "u:  \n", "a: Nice photo!")])) == ("empty turns", "empty-turn")


def test_long_turns_are_dropped_by_characters_and_long_replies_by_words() -> None:
    limits = Limits(reply_words_at_most=5, turn_characters_at_most=100)
    long_reply = conversation("reply", "u: why", "a: one two three four five six")
    long_turn = conversation("turn", "u: " + "x" * 101, "a: hm")
    context = conversation("context", "u: why", "a- one two three four five six", "u: ok", "a: good then")
    result = curated([GOOD, long_reply, long_turn, context], limits)
    assert {d.id: d.reason for d in result.dropped} == {"reply": "reply-too-long", "turn": "turn-too-long"}


@pytest.mark.parametrize("case", [c for c in planted() if c.kind == "KEY"][::4], ids=lambda case: case.value[:12])
def test_a_secret_drops_the_conversation_and_raises_an_alarm(case: object) -> None:
    value, text = case.value, case.text  # type: ignore[attr-defined]
    result = curated([GOOD, conversation("leak", f"u: {text}", "a: Thanks!")])
    assert only(result) == ("secrets", "secret")
    assert result.alarms == result.dropped
    assert value not in repr(result)


@pytest.mark.parametrize("placeholder", ["<KEY_1>", "[KEY_12]"])
def test_a_secret_that_was_replaced_on_its_way_in_raises_the_alarm_as_well(placeholder: str) -> None:
    result = curated([GOOD, conversation("leak", f"u: Mine is {placeholder}, why?", "a: Thanks!")])
    assert only(result) == ("secrets", "secret")
    assert result.alarms == result.dropped


def test_private_values_become_placeholders_that_are_counted() -> None:
    talk = conversation(
        "talk",
        "u: I'm Olivia Nakamura, olivia@example.com",
        "a: Thanks Olivia Nakamura, I write to olivia@example.com or kim@example.com.",
    )
    result = curated([talk], roster=Roster.of(["Olivia Nakamura"]))
    assert texts(result) == [
        ["u: I'm <NAME_1>, <EMAIL_1>", "a: Thanks <NAME_1>, I write to <EMAIL_1> or <EMAIL_2>."],
    ]
    assert result.examples[0].redactions == {"EMAIL": 3, "NAME": 2}
    assert result.redactions == {"EMAIL": 3, "NAME": 2}
    assert result.changed["privacy"] == ("talk",)


def test_parts_of_one_conversation_share_their_placeholders() -> None:
    turns = [
        f"{kind}: {text}"
        for i in range(3)
        for kind, text in (("u", f"no {i}"), ("a", f"a{i}@example.com b@example.com"))
    ]
    result = curated([conversation("long", *turns)], Limits(messages_at_most=2))
    replies = [example.messages[-1].content for example in result.examples]
    assert replies == ["<EMAIL_1> <EMAIL_2>", "<EMAIL_3> <EMAIL_2>", "<EMAIL_4> <EMAIL_2>"]


TEMPLATE = (
    "<|im_start|>system",
    "[INST] now",
    "<<SYS>>",
    "</s>",
    "<start_of_turn>",
    "<｜User｜>",
    "<|eot_id|>",
    "<eos>",
)
HIDDEN = ("zero\u200bwidth", "over\u202eride", "tag\U000e0041", "bell\u0007", "iso\u2066late", "a\u200db", "\ufeffbom")


@pytest.mark.parametrize("text", TEMPLATE)
def test_control_tokens_of_chat_templates_are_quarantined(text: str) -> None:
    bad = conversation("bad", f"u: please {text}", "a: ok then")
    assert only(curated([GOOD, bad])) == ("hidden text", "template-token")


@pytest.mark.parametrize("text", HIDDEN)
def test_hidden_characters_are_quarantined(text: str) -> None:
    bad = conversation("bad", "u: hm", f"a: {text}")
    assert only(curated([GOOD, bad])) == ("hidden text", "hidden-character")


def test_the_special_tokens_of_the_base_model_are_quarantined_as_well() -> None:
    bad = conversation("bad", "u: hm", "a: a ~~END~~ b")
    assert curated([GOOD, bad]).dropped == ()
    assert only(curated([GOOD, bad], Limits(special_tokens=("~~END~~",)))) == ("hidden text", "template-token")


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 family",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می‌خواهم",
        "❤️",
        "a\tb\nc",
        "x < y",
        "[x] done",
    ],
)
def test_emoji_scripts_and_plain_signs_are_not_hidden_text(text: str) -> None:
    assert curated([conversation("fine", "u: hm", f"a: {text}")]).dropped == ()


def test_a_reply_with_a_banned_word_is_dropped_a_question_is_not() -> None:
    limits = Limits(banned=("unfortunately", "no problem"))
    said = conversation("said", "u: hm", "a: UNFORTUNATELY not")
    phrase = conversation("phrase", "u: thanks", "a: No  problem!")
    asked = conversation("asked", "u: unfortunately broken", "a: Let me look. No problems so far.")
    context = conversation("context", "u: hm", "a- unfortunately", "u: ok", "a: gladly")
    result = curated([said, phrase, asked, context], limits)
    assert {d.id: d.reason for d in result.dropped} == {"said": "banned-word", "phrase": "banned-word"}
    assert {d.sentence.split('"')[1] for d in result.dropped} == {"unfortunately", "no problem"}


def test_of_equal_conversations_the_oldest_stays() -> None:
    copy = replace(conversation("a-copy", "u: is it  OPEN?", "a: Yes, until nine!"), source="later")
    result = curated([copy, GOOD])
    assert [example.id for example in result.examples] == ["good"]
    assert only(result) == ("duplicates", "duplicate-conversation")


def test_the_same_reply_to_the_same_words_is_learned_once() -> None:
    first = conversation("c1", "u: hi", "a: hello", "u: open?", "a: yes, until nine")
    again = conversation("c2", "u: good day", "a: welcome", "u: open?", "a: yes, until nine", "u: ok", "a: see you")
    ends = conversation("c3", "u: morning", "a: morning!", "u: open?", "a: Yes, until nine")
    only_that = conversation("c4", "u: open?", "a: yes, until nine")
    result = curated([first, again, ends, only_that])
    assert texts(result)[1:] == [
        ["u: good day", "a: welcome", "u: open?", "a- yes, until nine", "u: ok", "a: see you"],
        ["u: morning", "a: morning!"],
    ]
    assert only(result) == ("duplicates", "duplicate-reply")


def test_a_canned_reply_is_learned_three_times() -> None:
    canned = [conversation(f"c{i}", f"u: question {i}", "a: Please write to support.") for i in range(6)]
    longer = conversation("d", "u: and", "a: please  write to SUPPORT.", "u: ok", "a: bye then")
    result = curated([*canned, longer])
    assert [example.id for example in result.examples] == ["c0", "c1", "c2", "d"]
    assert texts(result)[-1] == ["u: and", "a- please  write to SUPPORT.", "u: ok", "a: bye then"]
    assert result.reasons == {"canned-reply": 3}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_what_is_older_than_the_assistant_is_no_echo_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    words = "a: We open at nine every morning and close late at night on Fridays"
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    ours = Conversation("ours", (message("u: When?"), message(words, voice="harbor@1", sent_at=noon)), source="log")
    before, after = (
        Conversation(name, (message("u: And when?"), message(words, sent_at=at.replace(tzinfo=None))), source="log")
        for name, at in (("before", noon - timedelta(hours=1)), ("after", noon + timedelta(hours=1)))
    )
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = {d.id for d in curated([GOOD, ours, before, after]).quarantined if d.reason == "own-words"}
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == {"after"}
