"""Feedback in Discord: votes, reasons, better answers, new answers; forged and stale presses find nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore
from tests.bots.discord.desk import Bot, reply_id, serving
from tests.emulators.discord import DiscordEmulator


def test_a_vote_is_kept_once_for_each_person_and_can_change(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.click(reply, "ann", label="👍")
    assert bot.private("ann") == "Thank you. You found this answer good."
    disc.click(reply, "ann", label="👍")
    disc.click(reply, "bob", label="👎")
    disc.wait_for(lambda: len(bot.feedback(reply)) == 2)
    disc.click(reply, "ann", label="👎")
    disc.wait_for(
        lambda: (
            {(f.person, f.thumb) for f in bot.feedback(reply)}
            == {
                (bot.person("ann"), "down"),
                (bot.person("bob"), "down"),
            }
        )
    )
    assert disc.message(reply["id"])["components"] == reply["components"], "nobody sees what others voted"


def test_a_vote_is_taken_back(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.click(reply, "ann", label="👍")
    thanks = disc.wait_private("ann")
    disc.click(thanks, "ann", label="Take it back")
    disc.wait_for(lambda: disc.message(thanks["id"])["content"] == "Your vote is taken back.")
    assert bot.feedback(reply) == []


def test_a_thumb_down_asks_why(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.click(reply, "ann", label="👎")
    disc.wait_modal("ann")
    disc.submit_modal("ann", {"reason": "tone", "comment": "too stiff"})
    assert "kept with your vote" in bot.private("ann")
    (given,) = bot.feedback(reply)
    assert (given.thumb, given.reason, given.comment) == ("down", "It does not sound like us", "too stiff")
    assert given.voice == "harbor@0"


def test_a_vote_counts_although_its_form_is_closed(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.click(reply, "ann", label="👎")
    disc.wait_for(lambda: [f.thumb for f in bot.feedback(reply)] == ["down"])


def test_a_better_answer_becomes_a_submission_with_the_question(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.click(reply, "ann", label="✏️")
    form = disc.wait_modal("ann")
    assert "may be used to train" in str(form)
    disc.submit_modal("ann", {"better": "It sails tomorrow. Mail me: ann@example.org"})
    assert "waits for review" in bot.private("ann")
    (submission,) = bot.store.submissions()
    assert submission.messages[0].content == "Where is my parcel?"
    assert "ann@example.org" not in submission.messages[1].content
    assert (submission.replaces, submission.person) == (reply_id(reply), bot.person("ann"))


def test_the_answer_itself_is_no_better_answer(bot: Bot, disc: DiscordEmulator) -> None:
    disc.click(bot.answered(), "ann", label="✏️")
    disc.wait_modal("ann")
    disc.submit_modal("ann", {})
    assert bot.private("ann").startswith("This is what I said already.")
    assert bot.store.submissions() == []


def test_an_answer_that_does_not_fit_into_the_form_is_shown_above_it(bot: Bot, disc: DiscordEmulator) -> None:
    bot.engine.scripts = ["long words " * 500]
    disc.click(bot.answered(), "ann", label="✏️")
    form = disc.wait_modal("ann")
    assert "too long to be changed here" in str(form)


def test_a_better_answer_can_be_suggested_from_the_menu(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.context_menu("ann", "Suggest a better answer", reply)
    disc.wait_modal("ann")
    disc.submit_modal("ann", {"better": "It sails tomorrow."})
    assert "waits for review" in bot.private("ann")
    theirs = disc.user_says("C1", "bob", "not yours")
    disc.context_menu("ann", "Suggest a better answer", theirs)
    assert bot.private("ann", nth=2) == "That is not one of my answers."


def test_a_new_answer_takes_the_place_of_the_old_one(bot: Bot, disc: DiscordEmulator) -> None:
    bot.engine.scripts = ["The first.", "The second."]
    question = bot.ask()
    first = bot.answer()
    disc.click(first, "bob", label="🔁")
    disc.wait_for(lambda: bot.said() == ["The first.", "The second."])
    second = disc.wait_reply("C1", where=lambda m: m["components"] and bot.text(m) == "The second.")
    disc.wait_for(lambda: disc.message(first["id"])["components"] == [])
    assert [m.content for m in bot.history(question)] == ["Where is my parcel?", "The second."]
    assert second["message_reference"]["message_id"] == question["id"]


def test_two_who_want_a_new_answer_at_once_get_one(bot: Bot, disc: DiscordEmulator) -> None:
    bot.engine.scripts = ["The first.", "The second."]
    first = bot.answered()
    bot.engine.hold.clear()
    disc.click(first, "ann", label="🔁")
    disc.click(first, "bob", label="🔁")
    disc.wait_private("ann")
    disc.wait_private("bob")
    bot.engine.hold.set()
    bot.answer(nth=1)
    disc.settle(0.3)
    assert bot.said() == ["The first.", "The second."]


def test_only_the_last_answer_is_given_once_more(bot: Bot, disc: DiscordEmulator) -> None:
    first = bot.answered()
    bot.answered("And?", nth=2)
    disc.click(first, "ann", label="🔁")
    assert "Only the last answer" in bot.private("ann")


def test_a_forged_id_finds_nothing(bot: Bot, disc: DiscordEmulator) -> None:
    reply, elsewhere = bot.answered(), bot.answered(channel="C2")
    button = disc.message(reply["id"])["components"][0]["components"][0]
    for forged in (reply_id(elsewhere), "0" * 32):
        button["custom_id"] = f"bv1:up:{forged}"
        disc.click(disc.message(reply["id"]), "ann", custom_id=f"bv1:up:{forged}")
    assert bot.private("ann") == bot.private("ann", nth=2) == "That answer is not there any more."
    assert bot.store.feedback() == []


def test_buttons_under_messages_of_others_do_not_count(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    theirs = disc.user_says("C1", "bob", "vote here")
    theirs["components"] = disc.message(reply["id"])["components"]
    disc.click(theirs, "ann", label="👍")
    assert bot.private("ann") == "That answer is not there any more."
    assert bot.feedback(reply) == []


def test_bots_do_not_vote(bot: Bot, disc: DiscordEmulator) -> None:
    reply = bot.answered()
    disc.add_member("rival", bot=True)
    disc.click(reply, "rival", label="👍")
    assert "people only" in bot.private("rival")
    assert bot.feedback(reply) == []


def test_a_failure_behind_a_button_is_told(bot: Bot, disc: DiscordEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = bot.answered()

    def broken(_: object) -> None:
        raise RuntimeError("disk of secrets")

    monkeypatch.setattr(bot.store, "give_feedback", broken)
    disc.click(reply, "ann", label="👍")
    assert bot.private("ann").startswith("Something went wrong. Please try again (reference ")


def test_who_opted_out_is_asked_to_opt_in_before_a_better_answer(bot: Bot, disc: DiscordEmulator) -> None:
    bot.store.opt_out(bot.person("ann"))
    disc.click(bot.answered(), "ann", label="✏️")
    assert "opted out" in bot.private("ann")


def test_buttons_and_open_forms_outlive_a_restart(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    with serving(disc, store, engine, folder=tmp_path) as bot:
        reply = bot.answered()
    with serving(disc, store, engine, folder=tmp_path) as bot:
        disc.click(reply, "ann", label="👍")
        assert bot.private("ann").startswith("Thank you.")
        disc.click(reply, "ann", label="👎")
        disc.wait_modal("ann")
        disc.wait_for(lambda: bot.feedback(reply)[0].thumb == "down")
    with serving(disc, store, engine, folder=tmp_path) as bot:
        disc.submit_modal("ann", {"comment": "typed before the restart"})
        assert "kept with your vote" in bot.private("ann", nth=2)
        assert bot.feedback(reply)[0].comment == "typed before the restart"
    assert disc.command_syncs == 1


@pytest.mark.parametrize("custom_id", ["bv1:up:no-such-id", "somebody:elses", "bv0:up:1"])
def test_a_button_that_nobody_knows_is_answered(bot: Bot, disc: DiscordEmulator, custom_id: str) -> None:
    reply = bot.answered()
    with disc._world.change():
        button = {"type": 2, "style": 2, "label": "Old", "custom_id": custom_id, "id": 2}
        disc._world.messages.find(reply["id"])["components"] = [{"type": 1, "id": 1, "components": [button]}]
    disc.click(reply, "ann", custom_id=custom_id)
    assert bot.private("ann") == "This has expired. Please begin again."
