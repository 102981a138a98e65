"""Commands and menus in Discord: help, privacy, examples, uploads; only who asked sees the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore
from tests.bots.discord.desk import Bot, serving
from tests.emulators.discord import DiscordEmulator

SUBMIT = "Submit as training example"
ROW = {"messages": [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "At sea."}]}


def rows(*lines: object) -> bytes:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()


def test_help_status_and_privacy_are_answered_in_private(bot: Bot, disc: DiscordEmulator) -> None:
    disc.slash("ann", "C1", "brandvoice help")
    assert "/brandvoice" in bot.private("ann")
    disc.slash("ann", "C1", "brandvoice status")
    assert "Here speaks **Harbor**, version harbor@0." in bot.private("ann", nth=2)
    disc.slash("ann", "Dann", "brandvoice privacy")
    assert "What is kept" in bot.private("ann", nth=3)
    assert bot.said() == []


def test_somebody_opts_out_and_in_again(bot: Bot, disc: DiscordEmulator) -> None:
    for nth, (label, out) in enumerate((("Opt out", True), ("Opt in again", False)), 1):
        disc.slash("ann", "C1", "brandvoice privacy")
        disc.click(disc.wait_private("ann", nth=nth), "ann", label=label)
        disc.wait_for(lambda out=out: bot.store.opted_out(bot.person("ann")) is out)


def test_everything_of_a_person_is_erased_after_asking_once_more(bot: Bot, disc: DiscordEmulator) -> None:
    bot.answered()
    disc.user_says("Dann", "ann", "just us")
    bot.answer("Dann")
    bot.answered("Mine stays", user="bob", nth=2)
    disc.slash("ann", "C1", "brandvoice forget")
    asked = disc.wait_private("ann")
    assert bot.store.count() == 3
    disc.click(asked, "ann", label="Erase")
    disc.wait_for(lambda: "2 conversations" in disc.message(asked["id"])["content"])
    assert bot.store.count() == 1


class RememberingEngine(ScriptedEngine):
    """Writes down whom it was told to forget."""

    def __init__(self) -> None:
        super().__init__("Noted.")
        self.forgotten: list[str] = []

    def people(self) -> list[str]:
        return []

    def forget(self, person: str) -> None:
        self.forgotten.append(person)


def test_the_engine_lets_go_at_once_of_whom_the_store_forgets(
    disc: DiscordEmulator, store: ConversationStore, tmp_path: Path
) -> None:
    engine = RememberingEngine()
    with serving(disc, store, engine, folder=tmp_path) as bot:
        bot.answered()
        disc.slash("ann", "C1", "brandvoice forget")
        asked = disc.wait_private("ann")
        assert engine.forgotten == []
        disc.click(asked, "ann", label="Erase")
        disc.wait_for(lambda: engine.forgotten)
        assert engine.forgotten == [bot.person("ann")]


@pytest.mark.parametrize(
    ("role", "channel", "may"),
    [("curators", "C1", True), ("guests", "C1", False), (None, "C1", False), ("curators", "Dcarl", False)],
)
def test_who_may_approve_is_decided_by_roles_that_are_named(
    bot_with: Callable[..., Bot], disc: DiscordEmulator, role: str | None, channel: str, may: bool
) -> None:
    disc.add_role("guests")
    disc.add_member("carl", roles=[role] if role else [])
    disc.add_dm("Dcarl", "carl")
    bot = bot_with(approver_roles=(disc.id("curators"),))
    disc.slash("carl", channel, "brandvoice status")
    assert ("You may approve" in bot.private("carl")) is may


def test_without_named_roles_nobody_may_approve(bot: Bot, disc: DiscordEmulator) -> None:
    disc.add_member("carl", roles=["curators"])
    disc.slash("carl", "C1", "brandvoice status")
    assert "You may approve" not in bot.private("carl")


def test_an_answer_is_handed_in_after_a_look_at_what_would_be_kept(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered("Write to ann@example.org please")
    disc.context_menu("ann", SUBMIT, reply)
    shown = disc.wait_private("ann")
    text = disc.text_of(shown)
    assert "ann@example.org" not in text
    assert "Replaced before it is kept" in text
    assert "may be used to train" in text
    assert bot.store.submissions() == []
    disc.click(shown, "ann", label="Hand in")
    disc.wait_for(lambda: "waits for review" in disc.message(shown["id"])["content"])
    (submission,) = bot.store.submissions()
    assert submission.id[:10] in disc.message(shown["id"])["content"]
    assert (submission.style, submission.state) == ("harbor", "waiting")
    assert "ann@example.org" not in str(submission.messages)


def test_a_preview_can_be_discarded(bot: Bot, disc: DiscordEmulator) -> None:
    disc.context_menu("ann", SUBMIT, bot.answered())
    shown = disc.wait_private("ann")
    disc.click(shown, "ann", label="Discard")
    disc.wait_for(lambda: disc.message(shown["id"])["content"] == "Nothing of it was handed in.")
    assert bot.store.submissions() == []


def test_what_people_wrote_is_handed_in_through_a_form_that_shows_it_redacted(bot: Bot, disc: DiscordEmulator) -> None:
    asked = disc.user_says("C1", "ann", "Where do I write to?")
    said = disc.user_says("C1", "bob", "To bob@example.org, any day.", reply_to=asked)
    disc.context_menu("root", SUBMIT, said)
    form = disc.wait_modal("root")
    assert "bob@example.org" not in str(form)
    disc.submit_modal("root", {"question": "Where do I write to?"})
    assert "waits for review" in bot.private("root")
    (submission,) = bot.store.submissions()
    assert [m.author for m in submission.messages] == [bot.person("ann"), bot.person("bob")]
    assert bot.store.forget(bot.person("bob")).submissions == 1


def test_what_somebody_wrote_who_opted_out_is_not_taken(bot: Bot, disc: DiscordEmulator) -> None:
    bot.store.opt_out(bot.person("bob"))
    disc.context_menu("root", SUBMIT, disc.user_says("C1", "bob", "mine"))
    assert "does not want their text used" in bot.private("root")


def test_a_message_that_was_deleted_meanwhile_is_not_handed_in(bot: Bot, disc: DiscordEmulator) -> None:
    said = disc.user_says("C1", "bob", "gone soon")
    disc.context_menu("root", SUBMIT, said)
    disc.wait_modal("root")
    disc.user_deletes(said)
    disc.submit_modal("root", {"question": "What?"})
    assert "not there any more" in bot.private("root")
    assert bot.store.submissions() == []


def test_ones_own_submissions_are_listed_and_withdrawn(bot: Bot, disc: DiscordEmulator) -> None:
    disc.slash("ann", "C1", "brandvoice mine")
    assert bot.private("ann") == "You have not handed in anything yet."
    disc.context_menu("ann", SUBMIT, bot.answered())
    disc.click(disc.wait_private("ann", nth=2), "ann", label="Hand in")
    disc.wait_for(bot.store.submissions)
    submission = bot.store.submissions()[0]
    disc.slash("ann", "C1", "brandvoice mine")
    assert submission.id[:10] in bot.private("ann", nth=3)
    completed = disc.autocomplete("ann", "C1", "brandvoice withdraw", option="submission", value="")
    assert [c["value"] for c in disc.wait_answer(completed)["data"]["choices"]] == [submission.id]
    disc.slash("bob", "C1", "brandvoice withdraw", {"submission": submission.id})
    assert bot.private("bob") == "There is no such submission of yours."
    disc.slash("ann", "C1", "brandvoice withdraw", {"submission": submission.id[:10]})
    assert bot.private("ann", nth=4) == f"`{submission.id[:10]}` is withdrawn."
    assert bot.store.submission(submission.id).state == "withdrawn"


def test_a_file_is_looked_at_and_kept_only_when_confirmed(bot: Bot, disc: DiscordEmulator) -> None:
    content = rows(ROW, "no json", {"messages": []})
    disc.slash("ann", "C1", "brandvoice upload", {"file": ("mine.jsonl", content)})
    shown = disc.wait_private("ann")
    assert "1 conversation can be read, 2 rows are refused." in shown["content"]
    assert "mine.jsonl:2" in shown["content"]
    assert bot.store.submissions() == []
    disc.click(shown, "ann", label="Hand in")
    disc.wait_for(lambda: "1 examples are kept" in disc.message(shown["id"])["content"])
    assert [s.person for s in bot.store.submissions()] == [bot.person("ann")]


def test_a_file_is_discarded(bot: Bot, disc: DiscordEmulator) -> None:
    disc.slash("ann", "C1", "brandvoice upload", {"file": ("mine.jsonl", rows(ROW))})
    shown = disc.wait_private("ann")
    disc.click(shown, "ann", label="Discard")
    disc.wait_for(lambda: disc.message(shown["id"])["content"] == "Nothing was kept of that file.")
    assert bot.store.submissions() == []


def test_files_that_hold_no_examples_are_refused_with_a_sentence(bot: Bot, disc: DiscordEmulator) -> None:
    for nth, (file, sentence) in enumerate(
        (
            (("cat.png", b"\x89PNG"), "files. cat.png is none."),
            (("broken.jsonl", b"no json\n"), "broken.jsonl:1 is not JSON"),
            (("nobody.jsonl", rows({"messages": []})), "Nothing of it can be handed in."),
            (("big.jsonl", b"x" * (5 * 2**20 + 1)), "larger than 5 MB"),
            (("empty.jsonl", b""), "empty.jsonl"),
        ),
        1,
    ):
        disc.slash("ann", "C1", "brandvoice upload", {"file": file})
        assert sentence in bot.private("ann", nth=nth), file[0]
    assert bot.store.submissions() == []


def test_what_was_mentioned_with_a_file_is_pointed_to_the_command(bot: Bot, disc: DiscordEmulator) -> None:
    disc.user_says("Dann", "ann", "", files={"mine.jsonl": rows(ROW)})
    assert "/brandvoice upload" in disc.wait_reply("Dann")["content"]
