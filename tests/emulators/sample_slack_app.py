"""A small assistant on the real slack_bolt, as somebody would write one: what the emulated Slack is tried with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Json, SlackEmulator
from tests.emulators.slack.loop import LoopThread
from tests.emulators.slack_samples import feedback, plain, section

CONTROLS: Final[list[Json]] = [{"type": "context_actions", "block_id": "thumbs", "elements": [feedback()]}]


@dataclass(slots=True)
class Notes:
    """What reached the assistant."""

    votes: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)


def web_client(slack: SlackEmulator) -> AsyncWebClient:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    return client


def assistant(slack: SlackEmulator, notes: Notes) -> AsyncApp:
    app = AsyncApp(client=web_client(slack), signing_secret=slack.signing_secret)
    _answer_mentions(app, notes)
    _read_messages(app, notes)
    _collect_feedback(app, notes)
    _offer_commands(app, notes)
    return app


def _answer_mentions(app: AsyncApp, notes: Notes) -> None:
    seen: set[str] = set()

    @app.event("app_mention")
    async def mention(event: Json, say_stream: Any, set_status: Any, body: Json, request: Any) -> None:
        notes.retries.extend(request.headers.get("x-slack-retry-num", []))
        if body["event_id"] in seen:
            return
        seen.add(body["event_id"])
        await set_status(status="is thinking…")
        stream = await say_stream(buffer_size=8)
        for part in ("You ", "said: ", event["text"].split("> ")[-1]):
            await stream.append(markdown_text=part)
        await stream.stop(blocks=CONTROLS)

    @app.event("agent_session_stopped")
    async def stopped(event: Json) -> None:
        notes.stopped.append(event["thread_ts"])


def _read_messages(app: AsyncApp, notes: Notes) -> None:
    @app.event("message")
    async def message(event: Json, client: AsyncWebClient) -> None:
        if event.get("channel_type") == "im" and not event.get("subtype"):
            await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="direct answer")
        for file in event.get("files") or []:
            headers = {"Authorization": f"Bearer {client.token}"}
            async with aiohttp.ClientSession() as http, http.get(file["url_private_download"], headers=headers) as got:
                notes.files.append(await got.read())

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        if event["tab"] == "messages":
            prompts = [{"title": "a", "message": "b"}]
            await client.assistant_threads_setSuggestedPrompts(channel_id=event["channel"], prompts=prompts)
        else:
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section(2)]})


def _collect_feedback(app: AsyncApp, notes: Notes) -> None:
    @app.action("feedback")
    async def vote(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        notes.votes.append(body["actions"][0]["value"])
        if notes.votes[-1] == "negative":
            await client.views_open(trigger_id=body["trigger_id"], view=better_form(body["message"]["text"]))

    @app.view("better")
    async def better(ack: Any, view: Json) -> None:
        text = view["state"]["values"]["b"]["better"]["value"]
        if len(text) < 5:
            await ack(response_action="errors", errors={"b": "too short"})
            return
        await ack()
        notes.better.append(text)


def _offer_commands(app: AsyncApp, notes: Notes) -> None:
    @app.command("/tune")
    async def tune(ack: Any, command: Json, respond: Any) -> None:
        await ack()
        await respond(f"status of {command['text']}")

    @app.command("/quick")
    async def quick(ack: Any) -> None:
        await ack("at once")

    @app.shortcut("submit_example")
    async def example(ack: Any, shortcut: Json) -> None:
        await ack()
        notes.examples.append(shortcut["message"]["text"])

    @app.action("broken")
    async def broken(ack: Any) -> None:
        raise RuntimeError("before the acknowledgement")


def better_form(text: str) -> Json:
    field = {"type": "plain_text_input", "action_id": "better", "multiline": True, "initial_value": text}
    return {
        "type": "modal",
        "callback_id": "better",
        "title": plain("Better answer"),
        "submit": plain("Save"),
        "private_metadata": json.dumps({"about": "the message"}),
        "blocks": [{"type": "input", "block_id": "b", "label": plain("What should it say?"), "element": field}],
    }


@contextmanager
def connected(slack: SlackEmulator, app: AsyncApp) -> Iterator[None]:
    """The app in another thread, over Socket Mode."""
    loop = LoopThread("sample-slack-app")
    loop.start()

    async def connect() -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.4)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        return handler

    handler = loop.submit(connect()).result(10)
    try:
        slack.wait_connected()
        yield
    finally:
        loop.submit(handler.close_async()).result(10)  # type: ignore[no-untyped-call]
        loop.stop()


@contextmanager
def served(slack: SlackEmulator, app: AsyncApp) -> Iterator[str]:
    """The app in another thread, over HTTP; the address of its server."""
    loop = LoopThread("sample-slack-app")
    loop.start()

    async def listen() -> web.AppRunner:
        runner = web.AppRunner(app.server(0, "/slack/events").web_app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = loop.submit(listen()).result(10)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        # aiohttp never closes a connection that it takes while it shuts down.
        slack.settle(quiet=0.1)
        slack.wait_delivered()
    finally:
        loop.submit(runner.cleanup()).result(10)
        loop.stop()
