"""The real slack_bolt lives with the emulated Slack: over Socket Mode, interrupted, late, and in another process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.sample_slack_app import Notes, assistant, connected
from tests.emulators.slack import Envelope, Json, SlackEmulator
from tests.emulators.slack_samples import button


@pytest.fixture
def slack(slack: SlackEmulator) -> SlackEmulator:
    """Slack that gives up soon, so that its retries fit into a test."""
    slack.rules.ack_timeout, slack.rules.redeliver_after = 0.5, (0.0, 0.1)
    return slack


@pytest.fixture
def notes(slack: SlackEmulator) -> Iterator[Notes]:
    """What reached the assistant, which is connected."""
    notes = Notes()
    with connected(slack, assistant(slack, notes)):
        yield notes


def ask(slack: SlackEmulator, text: str = "hello") -> Json:
    return slack.user_says("C1", "U1", f"<@{slack.bot_user}> {text}")


def event_of(slack: SlackEmulator, kind: str) -> Envelope:
    return next(e for e in slack.envelopes if e.payload.get("event", {}).get("type") == kind)


def test_a_mention_gets_one_streamed_reply_and_its_ping_is_seen(slack: SlackEmulator, notes: Notes) -> None:
    question = ask(slack, "hello <!channel>")
    reply = slack.wait_reply("C1", question["ts"])
    slack.settle(quiet=0.2)
    assert slack.text_of(reply).startswith("You said: hello")
    assert slack.bot_messages("C1", question["ts"]) == [reply]
    assert len(slack.calls("chat.startStream")) == 1
    assert slack.statuses == {}
    assert slack.pings == [(reply["ts"], "channel")]  # this assistant repeats what it is told
    assert (slack.user_errors, slack.violations, slack.rate_violations) == ([], [], [])


def test_a_thumb_opens_a_modal_that_says_what_is_wrong_before_it_saves(slack: SlackEmulator, notes: Notes) -> None:
    reply = slack.wait_reply("C1", ask(slack)["ts"])
    press = slack.click("C1", reply["ts"], "U1", "feedback", value="negative")
    view = slack.wait_view("U1")
    refusal = slack.submit_view(view["id"], "U1", {"better": "x"})
    assert refusal == {"response_action": "errors", "errors": {"b": "too short"}}
    assert slack.submit_view(view["id"], "U1", {"better": "A better answer"}) is None
    assert (notes.votes, notes.better) == (["negative"], ["A better answer"])
    assert slack.view_stack["U1"] == []
    assert press.ack_seconds is not None
    assert press.ack_seconds < 0.5
    with pytest.raises(AssertionError, match="not the one on top"):
        slack.submit_view(view["id"], "U1", {"better": "once more"})


def test_commands_shortcuts_and_the_home_tab_work(slack: SlackEmulator, notes: Notes) -> None:
    slack.slash("/tune", "run-7", "U1", "C1")
    slack.wait_for(lambda: slack.ephemerals)
    slack.slash("/quick", "", "U1", "C1")
    slack.wait_for(lambda: len(slack.ephemerals) == 2)
    assert [(shown["text"], shown["for_user"]) for shown in slack.ephemerals] == [
        ("status of run-7", "U1"),
        ("at once", "U1"),
    ]
    said = slack.user_says("C1", "U2", "a fine sentence")
    slack.message_shortcut("submit_example", "U1", "C1", said["ts"])
    slack.open_home("U1")
    slack.open_home("U1", "messages")
    slack.wait_for(lambda: notes.examples and slack.homes and slack.prompts)
    assert notes.examples == ["a fine sentence"]
    assert (list(slack.homes), list(slack.prompts)) == (["U1"], ["DU1"])


def test_direct_messages_and_their_files_reach_the_app(slack: SlackEmulator, notes: Notes) -> None:
    said = slack.user_says("DU1", "U1", "just us")
    assert slack.wait_reply("DU1", said["ts"])["text"] == "direct answer"
    file = slack.add_file("pairs.jsonl", b'{"prompt": "a"}\n')
    slack.user_says("DU1", "U1", "", files=[file])
    slack.wait_for(lambda: notes.files)
    assert notes.files == [file["data"]]


def test_every_other_thing_people_do_is_an_event(slack: SlackEmulator, notes: Notes) -> None:
    said = slack.user_says("C1", "U1", "plain")
    slack.user_edits("C1", said["ts"], "changed")
    slack.user_deletes("C1", said["ts"])
    slack.stop_session("C1", said["ts"], "U1")
    slack.wait_for(lambda: notes.stopped)
    events = [envelope.payload["event"] for envelope in slack.envelopes]
    assert [event.get("subtype") for event in events] == [None, "message_changed", "message_deleted", None]
    for envelope in slack.envelopes:
        slack.wait_ack(envelope)
    with pytest.raises(KeyError):
        slack.message("C1", said["ts"])


def test_a_redelivered_event_keeps_its_id_and_says_that_it_is_a_retry(slack: SlackEmulator, notes: Notes) -> None:
    question = ask(slack)
    slack.wait_reply("C1", question["ts"])
    slack.deliver_again(event_of(slack, "app_mention"))
    slack.wait_for(lambda: notes.retries)
    slack.settle(quiet=0.2)
    assert notes.retries == ["1"]
    assert len(slack.bot_messages("C1", question["ts"])) == 1


def test_a_rate_limit_is_waited_out(slack: SlackEmulator, notes: Notes) -> None:
    slack.fail_next("chat.postMessage", status=429, retry_after=1)
    said = slack.user_says("DU1", "U1", "limited")
    slack.wait_reply("DU1", said["ts"])
    assert [call.http_status for call in slack.calls("chat.postMessage")] == [429, 200]


CUTS: dict[str, Callable[[SlackEmulator], None]] = {
    "reset": lambda slack: slack.drop_sockets(),
    "closed": lambda slack: slack.drop_sockets(graceful=True),
    "asked to reconnect": lambda slack: slack.disconnect(),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
def test_the_app_comes_back_and_gets_what_it_missed(
    slack: SlackEmulator, notes: Notes, cut: Callable[[SlackEmulator], None]
) -> None:
    cut(slack)
    question = ask(slack, "again")
    assert slack.text_of(slack.wait_reply("C1", question["ts"], timeout=15)).endswith("again")
    slack.wait_connected(connection=2)


def test_an_event_that_nobody_acknowledges_is_delivered_three_times(slack: SlackEmulator, notes: Notes) -> None:
    slack.rules.ack_timeout = 0.2
    unheard = slack.react("C1", slack.user_says("C1", "U2", "hi")["ts"], "U1", "eyes")
    assert unheard is not None
    slack.wait_for(lambda: len(unheard.ids) == 3)
    slack.settle(quiet=0.4)
    assert len(set(unheard.ids)) == len(unheard.ids) == 3
    assert unheard.acked_at is None
    assert slack.user_errors == []


def test_a_listener_that_breaks_before_it_acknowledges_shows_an_error(slack: SlackEmulator, notes: Notes) -> None:
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    blocks = [{"type": "actions", "elements": [button(action_id="broken")]}]
    ts = client.chat_postMessage(channel="C1", text="press me", blocks=blocks)["ts"]
    slack.click("C1", ts, "U1", "broken")
    slack.wait_for(lambda: slack.user_errors)
    assert slack.user_errors == ["block_actions not acknowledged in 0.5 s"]


def test_events_wait_for_an_app_that_is_away_and_commands_do_not(slack: SlackEmulator) -> None:
    question, notes = ask(slack), Notes()
    slack.slash("/tune", "", "U1", "C1")
    slack.wait_for(lambda: slack.user_errors)
    assert slack.user_errors == ["/tune failed: app not connected"]
    with connected(slack, assistant(slack, notes)):
        slack.wait_reply("C1", question["ts"])
    assert (notes.retries, len(event_of(slack, "app_mention").ids)) == ([], 1)


async def test_a_connection_url_works_once_and_only_known_envelopes_are_acknowledged(slack: SlackEmulator) -> None:
    client = AsyncWebClient(slack.app_token, base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        async with http.get(url.replace("ws:", "http:")) as again:
            assert again.status == 408
        await socket.send_json({"envelope_id": "made up"})
        await slack.a(slack.wait_for, lambda: slack.violations)
    assert "unknown or already acknowledged" in slack.violations[0]


def test_a_program_without_a_setting_for_the_address_is_pointed_here(slack: SlackEmulator, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, os
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
        from slack_bolt.async_app import AsyncApp
        app = AsyncApp(token=os.environ["SLACK_BOT_TOKEN"])
        @app.event("app_mention")
        async def answer(event, say):
            await say("pong", thread_ts=event["ts"])
        async def main():
            await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start_async()
        asyncio.run(main())
    """)
    process = subprocess.Popen([sys.executable, "-c", program], env=os.environ | slack.env(tmp_path))
    try:
        slack.wait_connected(60)  # Python and the SDK have to start first
        assert slack.wait_reply("C1", ask(slack)["ts"], timeout=30)["text"] == "pong"
    finally:
        process.terminate()
        process.wait(10)
