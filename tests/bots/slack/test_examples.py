"""Examples that people hand in: what they see of them first, what is kept, and how they take them back."""

from __future__ import annotations

import json

import pytest

from tests.bots.slack.desk import Bot
from tests.emulators.slack import Json, SlackEmulator


def text_of(view: Json) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def test_an_answer_is_handed_in_after_a_look_at_what_is_replaced(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered("Write to me at ann@example.org please")
    slack.message_shortcut("save_example", "U1", "C1", reply["ts"])
    view = slack.wait_view("U1")
    assert "ann@example.org" not in text_of(view)
    assert "Replaced before it is kept: 1 email." in text_of(view)
    assert "By submitting you agree" in text_of(view)
    assert bot.store.submissions() == []
    assert slack.submit_view(view["id"], "U1", {}) is None
    (submission,) = bot.store.submissions()
    assert submission.id[:10] in bot.private()
    assert (submission.state, submission.style, submission.person) == ("waiting", "harbor", "T1/U1")
    assert [m.role for m in submission.messages] == ["user", "assistant"]
    assert "ann@example.org" not in submission.messages[0].content


def test_handing_in_the_same_twice_is_one_example(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    for nth in (1, 2):
        slack.message_shortcut("save_example", "U1", "C1", reply["ts"])
        slack.submit_view(slack.wait_view("U1")["id"], "U1", {})
        bot.private(nth)
    assert len(bot.store.submissions()) == 1


def thread(slack: SlackEmulator) -> tuple[Json, Json]:
    question = slack.user_says("C1", "U2", "Can I swim with this vest?")
    return question, slack.user_says("C1", "UADMIN", "Yes, it is made for that.", thread_ts=question["ts"])


def test_what_people_wrote_to_each_other_can_be_handed_in_by_one_who_chooses_it(bot: Bot, slack: SlackEmulator) -> None:
    _, reply = thread(slack)
    slack.message_shortcut("save_example", "U1", "C1", reply["ts"])
    slack.submit_view(slack.wait_view("U1")["id"], "U1", {})
    bot.private()
    (submission,) = bot.store.submissions()
    assert [(m.role, m.content, m.author) for m in submission.messages] == [
        ("user", "Can I swim with this vest?", "T1/U2"),
        ("assistant", "Yes, it is made for that.", "T1/UADMIN"),
    ]
    assert bot.store.forget("T1/U2").submissions == 1


def test_nothing_is_kept_of_somebody_who_opted_out(bot: Bot, slack: SlackEmulator) -> None:
    bot.store.opt_out("T1/U2")
    _, reply = thread(slack)
    slack.message_shortcut("save_example", "U1", "C1", reply["ts"])
    assert "does not want their text used" in bot.private()


def test_a_message_without_a_question_is_no_example(bot: Bot, slack: SlackEmulator) -> None:
    question, _ = thread(slack)
    slack.message_shortcut("save_example", "U1", "C1", question["ts"])
    assert "Choose a reply in a thread" in bot.private()


def test_a_thread_that_the_bot_cannot_read_is_said_so(bot: Bot, slack: SlackEmulator) -> None:
    slack.add_channel("C5", "elsewhere", members=["U1", "U2"])
    question = slack.user_says("C5", "U2", "Hello?")
    reply = slack.user_says("C5", "U1", "Hi.", thread_ts=question["ts"])
    slack.message_shortcut("save_example", "U1", "C5", reply["ts"])
    slack.wait_reply("DU1")
    assert "Invite me to the channel" in slack.bot_messages("DU1")[0]["text"]


@pytest.mark.parametrize("callback", ["save_example", "better_answer"])
def test_a_shortcut_on_a_message_that_is_no_answer_says_so(bot: Bot, slack: SlackEmulator, callback: str) -> None:
    said = slack.user_says("C1", "U2", "hello")
    slack.message_shortcut(callback, "U1", "C1", said["ts"])
    assert bot.private() in (
        "That is not one of my answers.",
        "An example needs a question and a reply. Choose a reply in a thread.",
    )


# Files

ROWS = b"""\
{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there."}]}
not json
{"messages": [{"role": "user", "content": "Write to bo@example.org"}, {"role": "assistant", "content": "I will."}]}
{"messages": []}
"""


def upload(slack: SlackEmulator, name: str, data: bytes) -> Json:
    file = slack.add_file(name, data)
    return slack.user_says("DU1", "U1", "", files=[file])


def button(message: Json, action: str) -> str:
    texts = [
        e["text"]["text"] for b in message["blocks"] for e in b.get("elements") or [] if e.get("action_id") == action
    ]
    return texts[0] if texts else ""


def test_a_file_is_looked_at_first_and_kept_when_its_person_says_so(bot: Bot, slack: SlackEmulator) -> None:
    shared = upload(slack, "pairs.jsonl", ROWS)
    found = bot.answer(shared)
    assert "2 conversations can be read, 2 rows are refused." in slack.text_of(found)
    assert "pairs.jsonl:2" in slack.text_of(found)
    assert "pairs.jsonl:4" in slack.text_of(found)
    assert bot.store.submissions() == []
    assert button(found, "brandvoice_hand_in") == "Hand in 2"
    slack.click("DU1", found["ts"], "U1", "brandvoice_hand_in")
    slack.wait_for(lambda: "2 examples are kept" in slack.text_of(slack.message("DU1", found["ts"])))
    kept = bot.store.submissions(state="waiting")
    assert sorted(s.messages[-1].content for s in kept) == ["Hello there.", "I will."]
    assert not any("bo@example.org" in m.content for s in kept for m in s.messages)
    assert bot.engine.requests == []


def test_a_file_that_is_discarded_leaves_nothing(bot: Bot, slack: SlackEmulator) -> None:
    found = bot.answer(upload(slack, "pairs.jsonl", ROWS))
    slack.click("DU1", found["ts"], "U1", "brandvoice_discard")
    slack.wait_for(lambda: "Nothing was kept" in slack.text_of(slack.message("DU1", found["ts"])))
    assert bot.store.submissions() == []


def test_pressing_twice_hands_in_once(bot: Bot, slack: SlackEmulator) -> None:
    found = bot.answer(upload(slack, "pairs.jsonl", ROWS))
    slack.click("DU1", found["ts"], "U1", "brandvoice_hand_in")
    slack.click("DU1", found["ts"], "U1", "brandvoice_hand_in")
    slack.wait_call("chat.update", nth=4)
    assert len(bot.store.submissions()) == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"x" * (6 * 2**20), "larger than 5 MB"),
        (b"<!DOCTYPE html><html>Sign in</html>", "That is a web page"),
        (b"\x00\x01\x02\xff", "pairs.jsonl"),
        (b"", "pairs.jsonl is empty"),
        (b"{broken\n[]\n", "pairs.jsonl holds no JSON objects"),
    ],
    ids=["too large", "a web page", "bytes", "empty", "no row"],
)
def test_a_file_that_is_none_is_one_plain_sentence(bot: Bot, slack: SlackEmulator, data: bytes, sentence: str) -> None:
    found = bot.answer(upload(slack, "pairs.jsonl", data))
    assert sentence in slack.text_of(found)
    assert "/tmp" not in slack.text_of(found)
    assert button(found | {"blocks": found.get("blocks") or []}, "brandvoice_hand_in") == ""


def test_slacks_login_page_is_not_taken_for_a_file(bot: Bot, slack: SlackEmulator) -> None:
    slack.fail_next("files.info", "missing_scope")
    found = bot.answer(upload(slack, "pairs.jsonl", ROWS))
    assert "I cannot see that file (missing_scope)" in found["text"]


def test_a_file_of_somebody_else_cannot_be_handed_in(bot: Bot, slack: SlackEmulator) -> None:
    found = bot.answer(upload(slack, "pairs.jsonl", ROWS))
    other = slack.add_file("theirs.jsonl", ROWS, user="U2")
    for block in found["blocks"]:
        for element in block.get("elements") or []:
            if element.get("action_id") == "brandvoice_hand_in":
                element["value"] = other["id"]
    slack.click("DU1", found["ts"], "U1", "brandvoice_hand_in")
    assert "Only whoever sent a file" in bot.private()
    assert bot.store.submissions() == []


def test_our_token_goes_to_nobody_but_slack(bot: Bot, slack: SlackEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    public = slack.workspace.public_file
    monkeypatch.setattr(
        slack.workspace, "public_file", lambda file: public(file) | {"url_private_download": "http://127.0.0.1:9/steal"}
    )
    found = bot.answer(upload(slack, "pairs.jsonl", ROWS))
    assert "not kept by Slack itself" in found["text"]
