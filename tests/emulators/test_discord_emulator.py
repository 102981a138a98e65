"""The real discord.py lives with the emulated Discord: it talks, is interrupted, restarted, and resumes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from tests.emulators.discord import DiscordEmulator, NotOfferedError
from tests.emulators.sample_discord_bot import INTENTS, Client, Listener, SampleBot, running

MESSAGES = "/channels/{}/messages"


@pytest.fixture
def disc() -> Iterator[DiscordEmulator]:
    with DiscordEmulator() as emulator:
        yield emulator
        assert emulator.emulator_errors == []


@pytest.fixture
def bot(disc: DiscordEmulator) -> Iterator[SampleBot]:
    with running(SampleBot(), disc) as client:
        yield client


def asked(disc: DiscordEmulator) -> dict[str, str]:
    """The answer to a mention, with its votes."""
    disc.user_says("C1", "ann", f"<@{disc.bot_id}> hello")
    return disc.wait_reply(disc.wait_thread("C1")["id"], where=lambda reply: reply["components"])


def test_a_mention_is_answered_in_a_thread_by_edits_that_ping_nobody(disc: DiscordEmulator, bot: SampleBot) -> None:
    reply = asked(disc)
    assert disc.text_of(reply) == "You said: hello @everyone"
    assert len(disc.calls("PATCH", MESSAGES + "/{}")) == 2
    assert len(disc.bot_messages(disc.threads("C1")[0]["id"])) == 1
    assert disc.typing
    assert (disc.pings, disc.rate_hits, disc.user_errors) == ([], [], [])


def test_a_thread_goes_on_without_mentions_and_so_does_a_direct_message(disc: DiscordEmulator, bot: SampleBot) -> None:
    thread = asked(disc)["channel_id"]
    disc.user_says(thread, "bob", "and then?")
    assert disc.wait_reply(thread, nth=2)["referenced_message"]["content"] == "and then?"
    disc.user_says("Dann", "ann", "psst")
    assert disc.text_of(disc.wait_reply("Dann", where=lambda reply: reply["components"])).startswith("You said: psst")


def test_a_button_opens_a_modal_and_its_text_arrives(disc: DiscordEmulator, bot: SampleBot) -> None:
    pressed = disc.click(asked(disc), "ann", label="👎")
    assert disc.wait_modal("ann")["title"] == "Better answer"
    disc.submit_modal("ann", {"Better answer": "A better answer"})
    assert disc.wait_private("ann")["content"] == "saved, thank you"
    assert bot.heard == [("down", "a1", "ann"), ("better", "A better answer")]
    assert pressed.answer_seconds is not None
    assert pressed.answer_seconds < disc.rules.deadline


def test_a_deferred_command_reads_its_attachment_and_answers_in_private(disc: DiscordEmulator, bot: SampleBot) -> None:
    disc.slash("ann", "C1", "tune status", {"run": "r7", "file": ("a.jsonl", b"{}\n")})
    assert disc.wait_private("ann")["content"] == "run r7 is fine"
    assert bot.heard == [b"{}\n"]
    assert disc.bot_messages("C1") == []


def test_an_option_completes_itself(disc: DiscordEmulator, bot: SampleBot) -> None:
    completed = disc.autocomplete("ann", "C1", "tune status", option="run", value="r")
    assert disc.wait_answer(completed)["data"]["choices"] == [{"name": "r7", "value": "r7"}]


def test_a_message_is_submitted_through_its_menu(disc: DiscordEmulator, bot: SampleBot) -> None:
    message = disc.user_says("C1", "ann", "worth learning")
    disc.context_menu("bob", "Submit as training example", message)
    assert disc.wait_private("bob")["content"] == "noted"
    assert bot.heard == [("submitted", "worth learning")]


@pytest.mark.parametrize(
    ("user", "channel", "line", "options", "why"),
    [
        ("ann", "C1", "promote", {}, "ann is not offered 'promote'"),
        ("root", "Droot", "promote", {}, "not offered in DMs"),
        ("ann", "C1", "forget", {}, "was not synced"),
        ("ann", "C1", "tune", {}, "wants one of the subcommands"),
        ("ann", "C1", "tune stop", {}, "no subcommand 'stop'"),
        ("ann", "C1", "tune status", {}, "option run is required"),
        ("ann", "C1", "tune status", {"run": "r7", "speed": 1}, "no such options"),
        ("ann", "C1", "tune status", {"run": "r7", "detail": "long"}, "not a choice"),
        ("ann", "C1", "tune status", {"run": "r" * 6001}, "0 to 6000 characters"),
    ],
)
def test_the_client_does_not_send_a_command_that_it_would_not_offer(
    client_with_commands: DiscordEmulator, user: str, channel: str, line: str, options: dict[str, object], why: str
) -> None:
    with pytest.raises(NotOfferedError, match=why):
        client_with_commands.slash(user, channel, line, options)


@pytest.fixture(scope="module")
def client_with_commands() -> Iterator[DiscordEmulator]:
    with DiscordEmulator() as emulator, running(SampleBot(), emulator):
        yield emulator


def test_a_curator_may_use_what_a_member_is_not_offered(client_with_commands: DiscordEmulator) -> None:
    client_with_commands.slash("root", "C1", "promote")
    assert client_with_commands.wait_reply("C1")["content"] == "promoted"
    with pytest.raises(NotOfferedError, match="does not complete itself"):
        client_with_commands.autocomplete("ann", "C1", "tune status", option="file", value="x")


def test_an_answer_after_the_deadline_is_refused_and_the_person_sees_the_failure(
    disc: DiscordEmulator, bot: SampleBot
) -> None:
    disc.rules.deadline = 0.2
    disc.slash("ann", "C1", "slow")
    call = disc.wait_call("POST", "/interactions/{}/{}/callback")
    assert (call.status, call.response["code"]) == (404, 10062)
    assert disc.user_errors == ["interaction failed: no answer in 0.2 s (slow)"]


def test_discord_py_waits_out_a_planned_429(disc: DiscordEmulator, bot: SampleBot) -> None:
    thread = asked(disc)["channel_id"]
    disc.fail_next("POST", MESSAGES, status=429, retry_after=0.3)
    disc.user_says(thread, "bob", "limited")
    disc.wait_reply(thread, nth=2)
    refused, sent = disc.calls("POST", MESSAGES)[-2:]
    assert (refused.status, sent.status) == (429, 200)
    assert sent.at - refused.at >= 0.29


@pytest.mark.parametrize("code", [None, 4009, 1001])
def test_a_cut_gateway_is_resumed_and_what_was_missed_is_replayed(disc: DiscordEmulator, code: int | None) -> None:
    with running(Listener(), disc) as client:
        disc.drop(code)
        disc.user_says("C1", "ann", "while you were away")
        disc.wait_for(lambda: client.heard)
        disc.wait_ready()
        disc.user_says("C1", "ann", "afterwards")
        disc.wait_for(lambda: client.heard == ["while you were away", "afterwards"])
    assert [what for what, _ in disc.gateway_log][:3] == ["identify", "closed", "resume"]
    assert disc.gateway_log[2][1]["ok"]


def test_op_7_is_followed_by_a_resume_and_op_9_by_an_identify(disc: DiscordEmulator) -> None:
    with running(Listener(), disc) as client:
        disc.ask_reconnect()
        disc.wait_for(lambda: [what for what, _ in disc.gateway_log] == ["identify", "closed", "resume"])
        disc.user_says("C1", "ann", "after op 7")
        disc.wait_for(lambda: client.heard == ["after op 7"])
        disc.invalidate()
        disc.wait_for(lambda: [what for what, _ in disc.gateway_log].count("identify") == 2)
        disc.wait_ready()
        disc.user_says("C1", "ann", "after op 9")
        disc.wait_for(lambda: client.heard == ["after op 7", "after op 9"])


def test_a_session_outlives_a_stop_of_discord(disc: DiscordEmulator) -> None:
    with running(Listener(), disc) as client:
        port = disc.port
        disc.stop()
        disc.start(port)
        disc.wait_ready()
        disc.user_says("C1", "ann", "back again")
        disc.wait_for(lambda: client.heard == ["back again"])
    assert [what for what, _ in disc.gateway_log].count("identify") == 1


def test_heartbeats_are_answered() -> None:
    with DiscordEmulator(heartbeat=0.1) as disc, running(Listener(), disc) as client:
        disc.wait_for(lambda: client.latency < 1)  # infinite until a heartbeat is answered
        time.sleep(0.2)
        assert [what for what, _ in disc.gateway_log] == ["identify"]


def test_a_button_outlives_a_restart_and_so_does_an_open_modal(disc: DiscordEmulator) -> None:
    with running(SampleBot(), disc):
        reply = asked(disc)
    with running(SampleBot(), disc) as restarted:
        disc.click(reply, "bob", custom_id="vote:up:a1")
        assert disc.wait_private("bob")["content"] == "thanks"
        assert restarted.heard == [("up", "a1", "bob")]
        disc.click(reply, "bob", custom_id="vote:down:a1")
        disc.wait_modal("bob")
    with running(SampleBot(), disc) as again:
        disc.submit_modal("bob", {"text": "typed before the restart"})
        assert disc.wait_private("bob", nth=2)["content"] == "saved after a restart"
        assert again.heard == [("better, after a restart", "typed before the restart")]


def test_an_exception_behind_a_button_shows_as_a_failed_interaction(disc: DiscordEmulator, bot: SampleBot) -> None:
    reply, disc.rules.deadline = asked(disc), 0.2
    disc.click(reply, "ann", label="💥")
    assert disc.wait_for(lambda: disc.user_errors) == ["interaction failed: no answer in 0.2 s (vote:boom:a1)"]


def test_an_intent_that_the_portal_does_not_grant_closes_the_gateway() -> None:
    with (
        DiscordEmulator(privileged=0) as disc,
        pytest.raises(discord.PrivilegedIntentsRequired),
        running(Listener(), disc),
    ):
        pytest.fail("the gateway took a privileged intent")


def test_a_wrong_token_is_refused_by_the_api_and_by_the_gateway(disc: DiscordEmulator) -> None:
    async def connect() -> None:
        async with Client() as client:
            with pytest.raises(discord.LoginFailure):
                await client.login("wrong")
        async with Client() as client:
            await client.login(disc.token)
            disc.rules.token = "another"
            with pytest.raises(discord.ConnectionClosed) as closed:
                await asyncio.wait_for(client.connect(), 10)
            assert closed.value.code == 4004

    with disc.patch():
        asyncio.run(connect())


def test_without_the_content_intent_only_what_concerns_the_bot_has_content(disc: DiscordEmulator) -> None:
    with running(Listener(discord.Intents(guilds=True, messages=True)), disc) as client:
        hidden = disc.user_says("C1", "ann", "hers alone")
        disc.user_says("C1", "ann", f"<@{disc.bot_id}> yours")
        disc.user_says("Dann", "ann", "in private")
        disc.wait_for(lambda: client.heard == ["", f"<@{disc.bot_id}> yours", "in private"])
        answer = disc.user_says("C1", "bob", f"<@{disc.bot_id}> look", reply_to=hidden)
    assert disc.view(answer, 0)["content"].endswith("look")
    assert disc.view(answer, 0)["referenced_message"]["content"] == ""


def test_reactions_edits_and_deletions_reach_those_who_have_the_intents(disc: DiscordEmulator) -> None:
    intents = discord.Intents(guilds=True, messages=True, message_content=True, guild_reactions=True)
    with running(Listener(intents), disc) as wide, running(Listener(), disc) as narrow:
        message = disc.user_says("C1", "ann", "one")
        disc.react(message, "bob", "👍")
        disc.wait_for(lambda: wide.heard == ["one", "👍"] and narrow.heard == ["one"])
        disc.user_edits(message, "two")
        disc.wait_for(lambda: narrow.cached_messages[0].content == "two")
        disc.user_deletes(message)
        disc.wait_for(lambda: not narrow.cached_messages)
        assert narrow.heard == ["one"]


def test_a_sharded_client_gets_every_event_once() -> None:
    class Sharded(discord.AutoShardedClient):
        async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
            """Skip the five seconds."""

        async def on_message(self, message: discord.Message) -> None:
            if message.author != self.user:
                await message.channel.send("heard")

    with DiscordEmulator(shards=2) as disc:
        with running(Sharded(intents=INTENTS, guild_ready_timeout=0.1), disc):
            disc.user_says("C1", "ann", "hi")
            disc.wait_reply("C1")
            disc.settle(0.2)
            assert len(disc.bot_messages("C1")) == 1
        shards = [details["shard"] for what, details in disc.gateway_log if what == "identify"]
        assert shards == [[0, 2], [1, 2]]


@pytest.mark.parametrize(
    ("query", "frame", "code"),
    [
        ("v=9", None, 4012),
        ("v=10", "no json", 4002),
        ("v=10", {"op": 8, "d": {"guild_id": 1}}, 4003),
        ("v=10", {"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
    ],
)
async def test_the_gateway_closes_on_what_it_cannot_take(query: str, frame: Any, code: int) -> None:
    with DiscordEmulator() as disc:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{disc.gateway_url}?{query}") as socket:
            if frame is not None:
                assert (await socket.receive_json())["op"] == 10
                await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
            await socket.receive(5)
            assert socket.close_code == code


async def test_a_session_is_identified_once_and_an_unknown_one_is_not_resumed() -> None:
    with DiscordEmulator() as disc:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{disc.gateway_url}?v=10") as socket:
            identify = {"op": 2, "d": {"token": disc.token, "intents": 0}}
            await socket.receive_json()
            await socket.send_json({"op": 6, "d": {"token": disc.token, "session_id": "unknown", "seq": 1}})
            assert await socket.receive_json() == {"op": 9, "d": False}
            await socket.send_json(identify)
            assert (await socket.receive_json())["t"] == "READY"
            await socket.send_json(identify)
            await socket.receive(5)
            assert socket.close_code == 4005


def test_nobody_can_act_in_an_emulator_that_does_not_run() -> None:
    with pytest.raises(RuntimeError, match="is not running"):
        DiscordEmulator().user_says("C1", "ann", "hi")


def test_a_wait_in_vain_names_what_the_bot_did(disc: DiscordEmulator) -> None:
    with running(Listener(), disc), pytest.raises(TimeoutError, match=r"no bot message 1 in C1 .*GET /users/@me 200"):
        disc.wait_reply("C1", 0.1)


PROGRAM = textwrap.dedent("""
    import os, discord, yarl
    if os.environ.get("DISCORD_API_URL"):
        discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    bot = discord.Client(intents=discord.Intents(guilds=True, messages=True, message_content=True))
    @bot.event
    async def on_message(message):
        if not message.author.bot:
            await message.channel.send("pong")
    bot.run(os.environ["DISCORD_TOKEN"], log_handler=None)
""")


@pytest.mark.parametrize("by_settings", [True, False])
def test_another_process_is_pointed_here_by_its_environment_alone(
    disc: DiscordEmulator, tmp_path: Path, by_settings: bool
) -> None:
    environment = os.environ | (disc.settings() if by_settings else disc.env(tmp_path))
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)
    try:
        disc.wait_ready()
        disc.user_says("C1", "ann", "ping")
        assert disc.wait_reply("C1")["content"] == "pong"
    finally:
        program.terminate()
        program.wait(10)
