"""The connection: over sockets that break and die, by signed requests, and refused where something is missing."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from bots.contributions import Contributions
from bots.slack import Credentials, Options, Slack
from bots.slack.manifest import manifest
from brandvoice.testing import ScriptedEngine
from conversations.errors import SettingsError
from conversations.store import ConversationStore
from tests.bots.slack.desk import Bot, MakeBot, markdown_of
from tests.bots.workplace import assistant_on
from tests.emulators.slack import Json, SlackEmulator

CUTS: dict[str, Callable[[SlackEmulator], None]] = {
    "reset": lambda slack: slack.drop_sockets(),
    "closed": lambda slack: slack.drop_sockets(graceful=True),
    "asked to reconnect": lambda slack: slack.disconnect(),
}


@pytest.mark.slow
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
def test_it_comes_back_and_answers_what_it_missed(
    bot: Bot, slack: SlackEmulator, cut: Callable[[SlackEmulator], None]
) -> None:
    cut(slack)
    question = bot.ask("again?")
    slack.wait_reply("C1", question["ts"], timeout=20)
    slack.settle(quiet=0.2)
    assert len(slack.bot_messages("C1", question["ts"])) == 1


def test_a_connection_that_died_without_a_word_is_built_anew(bot_with: MakeBot, slack: SlackEmulator) -> None:
    bot = bot_with(Options(patience=0.4))
    client = bot.platform.sockets.handler.client  # type: ignore[union-attr]
    slack.wait_for(lambda: client.message_receiver)

    async def die() -> None:
        client.current_session_monitor.cancel()
        client.message_receiver.cancel()

    bot.run.loop.submit(die()).result(5)
    slack.wait_connected(connection=2)
    bot.answered()


def test_events_that_nobody_asked_for_are_acknowledged(bot: Bot, slack: SlackEmulator) -> None:
    slack.bot_events = None
    said = slack.user_says("C1", "U1", "hi")
    envelope = slack.react("C1", said["ts"], "U1", "eyes")
    assert envelope is not None
    slack.wait_ack(envelope)
    slack.wait_ack(slack.event({"type": "team_join", "user": {"id": "U9"}, "event_ts": "1.1"}))  # type: ignore[arg-type]
    slack.manifest = None
    slack.wait_ack(slack.global_shortcut("unknown", "U1"))
    slack.wait_ack(slack.slash("/unknown", "", "U1", "C1"))
    slack.wait_delivered()


def test_a_message_is_kept_before_it_is_acknowledged(bot: Bot, slack: SlackEmulator) -> None:
    bot.engine.hold.clear()
    question = bot.ask()
    slack.wait_for(lambda: all(e.acked_at for e in slack.envelopes), what="acknowledgement")
    assert [m.content for m in bot.history(question)] == ["Where is my parcel?"]
    bot.engine.hold.set()
    bot.answer(question)


def test_what_an_earlier_process_left_is_answered_once_at_the_start(bot_with: MakeBot, slack: SlackEmulator) -> None:
    first = bot_with()
    first.engine.hold.clear()
    question = first.ask()
    slack.wait_call("assistant.threads.setStatus")
    kept = next(e for e in slack.envelopes if e.payload["event"]["type"] == "app_mention")
    first.run.crash()
    first.engine.hold.set()
    second = bot_with()
    second.answer(question)
    slack.deliver_again(kept)
    slack.settle(quiet=0.3)
    assert len(slack.bot_messages("C1", question["ts"])) == 1


def test_a_failure_that_somebody_was_told_of_is_not_tried_again_at_the_start(
    bot_with: MakeBot, slack: SlackEmulator
) -> None:
    first = bot_with()
    first.engine.scripts = [RuntimeError("broken")]
    question = first.ask()
    first.answer(question)
    first.run.crash()
    bot_with().answered("another question")
    slack.settle(quiet=0.2)
    assert len(slack.bot_messages("C1", question["ts"])) == 1


def test_an_answer_under_way_gets_its_last_words_when_the_bot_is_stopped(
    bot_with: MakeBot, slack: SlackEmulator
) -> None:
    bot = bot_with()
    bot.engine.scripts, bot.engine.delay = ["one " + "more " * 200], 0.05
    question = bot.ask()
    slack.wait_call("chat.startStream")
    bot.run.terminate()
    (reply,) = slack.bot_messages("C1", question["ts"])
    assert markdown_of(reply).endswith("…")
    assert bot.history(question)[-1].content == markdown_of(reply)


# Signed requests


@pytest.fixture
def by_http(bot_with: MakeBot, slack: SlackEmulator) -> Bot:
    slack.apply_manifest(manifest("Harbor", "Answers.", url="https://bot.example"))
    bot = bot_with(Options(mode="http", port=0))
    slack.wait_for(lambda: bot.platform.address)
    slack.use_http(f"{bot.platform.address}/slack/events")
    return bot


def fetch(url: str, *, body: str | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, data=None if body is None else body.encode(), headers=dict(headers or {}))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_signed_requests_are_answered_like_sockets(by_http: Bot, slack: SlackEmulator) -> None:
    reply = by_http.answered()
    by_http.vote(reply, "down")
    view = slack.wait_view("U1")
    assert slack.submit_view(view["id"], "U1", {"comment": "too short"}) is None
    slack.wait_ack(slack.slash("/brandvoice", "status", "U1", "C1"))
    assert [f.comment for f in by_http.store.feedback()] == ["too short"]
    assert by_http.platform.address.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("forgery", "status"), [({}, 200), ({"secret": "wrong"}, 401), ({"at": int(time.time()) - 600}, 401)]
)
def test_forged_and_old_requests_are_refused(by_http: Bot, slack: SlackEmulator, forgery: Json, status: int) -> None:
    by_http.answered()
    body = json.dumps(slack.envelopes[0].payload)
    headers = slack.sign(body, **forgery) | {"content-type": "application/json"}
    assert fetch(f"{by_http.platform.address}/slack/events", body=body, headers=headers)[0] == status
    assert len(by_http.engine.requests) == 1


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        ('{"type":', {}, 400),
        ("payload=%7B", {"content-type": "application/x-www-form-urlencoded"}, 400),
        ("{}", {"x-slack-request-timestamp": "yesterday"}, 401),
    ],
)
def test_requests_that_cannot_be_read_are_refused_in_a_word(
    by_http: Bot,
    slack: SlackEmulator,
    caplog: pytest.LogCaptureFixture,
    body: str,
    changes: dict[str, str],
    status: int,
) -> None:
    signed = {name.lower(): value for name, value in slack.sign(body).items()}
    headers = {"content-type": "application/json"} | signed | changes
    assert fetch(f"{by_http.platform.address}/slack/events", body=body, headers=headers)[0] == status
    assert not [record for record in caplog.records if record.exc_info]


def test_slack_finds_out_that_the_address_is_ours(by_http: Bot, slack: SlackEmulator) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c1"})
    headers = slack.sign(body) | {"content-type": "application/json"}
    status, text = fetch(f"{by_http.platform.address}/slack/events", body=body, headers=headers)
    assert (status, json.loads(text)) == (200, {"challenge": "c1"})


# Refusals at the start


@pytest.mark.parametrize(
    ("changes", "mode", "sentence"),
    [
        ({"signing_secret": None}, "http", "SLACK_SIGNING_SECRET: Basic Information"),
        ({"app_token": None}, "socket", "SLACK_APP_TOKEN: Basic Information"),
        ({"bot_token": None, "app_token": None}, "socket", "SLACK_BOT_TOKEN: OAuth"),
        ({"bot_token": "xoxb-wrong"}, "socket", r"refuses SLACK_BOT_TOKEN \(invalid_auth\)"),
        ({"bot_token": "xapp-emul-1"}, "socket", r"refuses SLACK_BOT_TOKEN \(not_allowed_token_type\)"),
        ({"app_token": "xapp-wrong"}, "socket", r"refuses SLACK_APP_TOKEN \(invalid_auth\)"),
        ({"api_url": "http://127.0.0.1:9/api/"}, "socket", "Slack cannot be reached at http://127.0.0.1:9/api/"),
        ({"client_id": "1", "client_secret": "2"}, "socket", "BRANDVOICE_STORE_KEY: made by"),
        ({"client_id": "1", "client_secret": "2", "store_key": "short"}, "socket", "BRANDVOICE_STORE_KEY is not a key"),
    ],
)
async def test_it_refuses_to_start_with_a_sentence_that_helps(
    credentials: Credentials,
    store: ConversationStore,
    engine: ScriptedEngine,
    tmp_path,
    changes,
    mode,
    sentence,  # type: ignore[no-untyped-def]
) -> None:
    slack = Slack(replace(credentials, **changes), Options(mode=mode, port=0))
    with pytest.raises(SettingsError, match=sentence):
        await asyncio.wait_for(slack.run(assistant_on(store, engine, tmp_path), Contributions(store)), 10)


def test_secrets_do_not_stand_in_what_is_printed_of_credentials(credentials: Credentials) -> None:
    assert "xoxb" not in repr(credentials)
    assert "xapp" not in repr(credentials)
    assert "secret" not in repr(credentials).replace("client_secret", "")
