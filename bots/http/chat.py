"""Chat: `/v1/chat/completions`."""

from __future__ import annotations

import asyncio
import hashlib

from fastapi import APIRouter
from starlette.responses import Response

from bots.assistant import Voice
from bots.http.answers import Answer
from bots.http.callers import Caller, CallerOf
from bots.http.chat_schema import ChatCompletion, ChatRequest
from bots.http.desk import PLATFORM, Desk, DeskOf
from bots.http.errors import Refused, wait
from bots.http.exchange import Exchange
from bots.http.models import voice_named
from bots.trial import Listener

routes = APIRouter(tags=["chat"])


@routes.post(
    "/v1/chat/completions",
    response_model=ChatCompletion,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def complete(asked: ChatRequest, desk: DeskOf, caller: CallerOf) -> Response:
    """The next reply of a conversation, whole or (`stream`) as it is said. Nothing is kept unless `store` is true."""
    asked.check_supported()
    _check_roles(asked, caller)
    voice: Voice = voice_named(desk, caller, asked.model)
    _check_room(desk)
    if "@" not in asked.model:  # whoever names a version gets it; others may be among those who hear a canary
        listener = _listener(asked, caller)
        voice = await asyncio.to_thread(desk.assistant.voice_for, asked.model, listener=listener)
    return Answer(desk, Exchange(desk, caller, asked, voice))


def _listener(asked: ChatRequest, caller: Caller) -> Listener:
    """Who is spoken to. A conversation that nobody named is known by how it began."""
    person = caller.person(asked.person) if asked.person or caller.is_publishable else ""
    began = next((m.plain(author=None).content for m in asked.messages if m.role == "user"), "")
    talk = (asked.metadata or {}).get("conversation") or hashlib.sha256(began.encode("utf-8", "replace")).hexdigest()
    return Listener(PLATFORM, caller.id, f"{caller.id}/{person}/{talk}", person)


def _check_roles(asked: ChatRequest, caller: Caller) -> None:
    """Whoever reads a publishable key in a page must not tell the voice how to speak."""
    if caller.is_publishable and any(m.role in ("system", "developer") for m in asked.messages):
        raise Refused(403, "Instructions need a secret key.", code="insufficient_role", param="messages")


def _check_room(desk: Desk) -> None:
    if desk.is_draining:
        raise Refused(503, "This server is going down. Please try again.", code="shutting_down", headers=wait(5))
    if desk.open >= desk.options.streams:
        raise Refused(503, "Too many answers are being given.", code="overloaded", headers=wait(5))
