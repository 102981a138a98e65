"""The connection to Discord: cut, resumed, refused, restarted; every message is answered exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.discord import Discord, Options
from brandvoice.testing import ScriptedEngine
from conversations.errors import SettingsError
from conversations.store import ConversationStore
from tests.bots.discord.desk import Bot, serving
from tests.bots.workplace import assistant_on, contributions_to
from tests.emulators.discord import BOT_PERMISSIONS, DiscordEmulator, Permission


def answers_to(disc: DiscordEmulator, question: dict[str, object], channel: str = "C1") -> list[dict[str, object]]:
    return [
        message
        for message in disc.bot_messages(channel)
        if message.get("message_reference", {}).get("message_id") == question["id"]
    ]


@pytest.mark.parametrize("code", [None, 4009])
def test_what_was_said_while_the_connection_was_cut_is_answered_once(
    bot: Bot, disc: DiscordEmulator, code: int | None
) -> None:
    first = bot.ask("before")
    bot.answer()
    disc.drop(code)
    second = bot.ask("while you were away")
    bot.answer(nth=2)
    disc.settle(0.3)
    assert [len(answers_to(disc, question)) for question in (first, second)] == [1, 1]
    assert len(bot.engine.requests) == 2


def test_the_gateway_asks_to_reconnect_and_ends_a_session(bot: Bot, disc: DiscordEmulator) -> None:
    disc.ask_reconnect()
    disc.wait_for(lambda: [what for what, _ in disc.gateway_log].count("resume") == 1)
    bot.answered("after op 7")
    disc.invalidate()
    disc.wait_for(lambda: [what for what, _ in disc.gateway_log].count("identify") == 2)
    disc.wait_ready()
    bot.answered("after op 9", nth=2)
    disc.settle(0.2)
    assert len(bot.said()) == 2


def end_session(disc: DiscordEmulator) -> None:
    """What is said from here on until the bot identifies itself anew is brought by nobody."""
    disc.invalidate()


def wait_for_new_session(disc: DiscordEmulator, *, nth: int = 2) -> None:
    disc.wait_for(lambda: [what for what, _ in disc.gateway_log].count("identify") == nth, 30)
    disc.wait_ready()


def test_what_was_said_between_two_sessions_is_answered_once(bot: Bot, disc: DiscordEmulator) -> None:
    known = bot.ask("before")
    bot.answer()
    disc.user_says("Dann", "ann", "before, in private")
    bot.answer("Dann")
    end_session(disc)
    missed = [bot.ask("while you were away"), bot.ask("and I", user="bob")]
    disc.user_says("C1", "bob", "not for you")
    private = disc.user_says("Dann", "ann", "away, in private")
    elsewhere = bot.ask("nobody talked here before", channel="C2")
    wait_for_new_session(disc)
    bot.answer(nth=3)
    bot.answer("Dann", nth=2)
    bot.answer("C2")
    disc.settle(0.5)
    asked = [known, *missed]
    assert [len(answers_to(disc, question)) for question in asked] == [1, 1, 1]
    assert [len(answers_to(disc, each, each["channel_id"])) for each in (private, elsewhere)] == [1, 1]
    assert len(bot.engine.requests) == 6


def test_what_people_said_in_a_thread_before_they_came_to_us_stays_between_them(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    thread = disc.snowflake()
    disc._world.channels.add_thread(disc._world.channels.named("C1"), "talk", thread=thread, kind=11)
    with serving(disc, store, engine, folder=tmp_path, message_content=True) as bot:
        disc.user_says(thread, "ann", "between us")
        bot.answered("over to you", channel=thread)
        end_session(disc)
        disc.user_says(thread, "bob", "and you are away")
        wait_for_new_session(disc)
        bot.answer(thread, nth=2)
    with serving(disc, store, engine, folder=tmp_path, message_content=True):
        disc.settle(1.5)
    assert [request.messages[-1].content for request in engine.requests] == ["over to you", "and you are away"]


def test_what_was_said_while_no_process_ran_is_answered_by_the_next(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    with serving(disc, store, engine, folder=tmp_path) as bot:
        bot.answered("before")
        bot.ask("")
        disc.wait_reply("C1", nth=2)
    missed = bot.ask("is nobody there?")
    with serving(disc, store, engine, folder=tmp_path) as bot:
        bot.answer(nth=2)
        disc.settle(0.3)
    assert len(answers_to(disc, missed)) == 1
    assert len(bot.said()) == 3


def test_channels_that_may_not_be_read_are_not_asked_for(bot: Bot, disc: DiscordEmulator) -> None:
    bot.answered("before")
    end_session(disc)
    disc.bot_may("C1", BOT_PERMISSIONS & ~Permission.READ_MESSAGE_HISTORY)
    bot.ask("while you were away")
    reads = len(disc.calls("GET", "/channels/{}/messages"))
    wait_for_new_session(disc)
    disc.settle(1.0)
    read = [call.path for call in disc.calls("GET", "/channels/{}/messages")[reads:]]
    assert not [path for path in read if disc.id("C1") in path]


def test_a_message_that_comes_again_is_answered_once(bot: Bot, disc: DiscordEmulator) -> None:
    question = bot.ask()
    bot.answer()
    for _ in range(3):
        disc._world.events.message_created(disc.message(question["id"]))
    disc.settle(0.4)
    assert len(bot.engine.requests) == len(bot.said()) == 1


def test_what_is_no_question_is_told_once_although_it_comes_again(bot: Bot, disc: DiscordEmulator) -> None:
    question = bot.ask("")
    disc.wait_reply("C1")
    disc._world.events.message_created(disc.message(question["id"]))
    disc.settle(0.3)
    assert len(bot.said()) == 1


def test_the_answer_goes_on_while_the_gateway_is_cut(bot: Bot, disc: DiscordEmulator) -> None:
    bot.engine.scripts = [["one ", *["more "] * 10]]
    bot.engine.delay = 0.05
    bot.ask()
    disc.wait_reply("C1")
    disc.drop()
    assert bot.answer()["content"].count("more") == 10


def test_a_message_that_an_earlier_process_kept_is_answered_at_the_start(
    disc: DiscordEmulator, store: ConversationStore, tmp_path: Path
) -> None:
    engine = ScriptedEngine("Here I am.")
    engine.hold.clear()
    with serving(disc, store, engine, folder=tmp_path) as bot:
        question = bot.ask()
        disc.wait_for(lambda: engine.requests)
        bot.run.crash()
    with serving(disc, store, ScriptedEngine("Here I am."), folder=tmp_path) as bot:
        assert bot.text(bot.answer()) == "Here I am."
        disc.settle(0.2)
        assert len(answers_to(disc, question)) == 1


def test_a_half_written_answer_is_ended_in_its_own_message(
    disc: DiscordEmulator, store: ConversationStore, tmp_path: Path
) -> None:
    slow = ScriptedEngine(["Half "] * 400)
    slow.delay = 0.05
    with serving(disc, store, slow, folder=tmp_path) as bot:
        bot.ask()
        half = disc.wait_reply("C1")
        bot.run.crash()
    with serving(disc, store, ScriptedEngine("The whole answer."), folder=tmp_path) as bot:
        whole = bot.answer()
        assert (whole["id"], bot.text(whole)) == (half["id"], "The whole answer.")
        assert len(bot.said()) == 1


def test_an_answer_that_was_made_but_not_delivered_is_delivered_at_the_start(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    with serving(disc, store, engine, folder=tmp_path) as bot:
        disc.fail_next("POST", "/channels/{}/messages", status=400, times=9)
        question = bot.ask()
        disc.wait_call("POST", "/channels/{}/messages")
        disc.settle(0.4)
        assert [m.role for m in bot.history(question)] == ["user", "assistant"]
        assert bot.said() == []
    disc._faults._planned.clear()
    with serving(disc, store, ScriptedEngine("Something else."), folder=tmp_path) as bot:
        assert bot.text(bot.answer()) == "Your parcel is on its way."
        assert bot.engine.requests == []
    with serving(disc, store, engine, folder=tmp_path):
        disc.settle(0.3)
        assert len(bot.said()) == 1


def test_commands_are_told_to_discord_only_when_they_changed(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    for syncs in (1, 1):
        with serving(disc, store, engine, folder=tmp_path):
            assert disc.command_syncs == syncs
    (tmp_path / "discord" / "commands.sha256").write_text("older", encoding="utf-8")
    with serving(disc, store, engine, folder=tmp_path):
        assert disc.command_syncs == 2


def test_several_shards_answer_once(store: ConversationStore, engine: ScriptedEngine, tmp_path: Path) -> None:
    with DiscordEmulator(shards=2) as disc, disc.patch(), serving(disc, store, engine, folder=tmp_path) as bot:
        disc.wait_for(lambda: len(disc.sessions) == 2, 30)
        bot.answered()
        disc.user_says("Dann", "ann", "and here?")
        bot.answer("Dann")
        disc.settle(0.2)
        assert (len(bot.said()), len(bot.said("Dann"))) == (1, 1)
        assert (disc.user_errors, disc.pings, disc.rate_hits, disc.emulator_errors) == ([], [], [], [])


def test_an_event_that_nobody_can_read_ends_nothing(bot: Bot, disc: DiscordEmulator) -> None:
    bot.answered("before")
    with disc._world.change():
        messages = disc._world.messages
        asked = messages.blank(disc._world.channels.named("C1"), disc._world.people.users[disc.id("ann")], "")
    text = f"<@{disc.bot_id}> a poll without an end"
    poll = {"question": {"text": "Tea?"}, "answers": [], "expiry": None, "allow_multiselect": False, "layout_type": 1}
    mentions = messages.mentions(disc._world.channels.named("C1"), text)
    disc._world.events.message_created(
        asked | mentions | {"content": text, "poll": poll}
    )  # Discord: expiry may be null
    bot.answer(nth=2)
    disc._world.events.message_created(asked | {"id": disc.snowflake(), "timestamp": None, "type": None})
    bot.answered("still there?", nth=3)
    assert len(bot.engine.requests) == 3


async def _refusal(store: ConversationStore, folder: Path, token: str, options: Options) -> str:
    with pytest.raises(SettingsError) as refused:
        await Discord(token, options).run(assistant_on(store, ScriptedEngine(), folder), contributions_to(store))
    return str(refused.value)


async def test_an_intent_that_is_not_granted_is_a_sentence_with_the_steps(
    store: ConversationStore, tmp_path: Path
) -> None:
    with DiscordEmulator(privileged=0) as disc, disc.patch():
        options = Options(tmp_path, message_content=True, api_url=disc.api_url, gateway_url=disc.gateway_url)
        sentence = await _refusal(store, tmp_path, disc.token, options)
    assert "Privileged Gateway Intents > Message Content Intent" in sentence
    assert "message_content = false" in sentence


async def test_a_wrong_token_is_a_sentence_without_the_token(
    disc: DiscordEmulator, store: ConversationStore, tmp_path: Path
) -> None:
    options = Options(tmp_path, api_url=disc.api_url, gateway_url=disc.gateway_url)
    sentence = await _refusal(store, tmp_path, "not-the-token", options)
    assert sentence.startswith("Discord refuses DISCORD_TOKEN.")
    assert "not-the-token" not in sentence


async def test_a_discord_that_cannot_be_reached_is_a_sentence(
    disc: DiscordEmulator, store: ConversationStore, tmp_path: Path
) -> None:
    options = Options(tmp_path, api_url="http://127.0.0.1:9/api/v10", gateway_url=disc.gateway_url)
    assert "cannot be reached at http://127.0.0.1:9" in await _refusal(store, tmp_path, disc.token, options)
