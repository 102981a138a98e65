"""Feedback on replies that were kept: one opinion for each person and reply, which may change."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bots.contributions import CONSENT
from bots.http.callers import Caller, CallerOf
from bots.http.chat_schema import Text, User
from bots.http.desk import PLATFORM, Desk, DeskOf
from bots.http.errors import Refused
from conversations.errors import NotFound
from conversations.messages import Feedback, Message

routes = APIRouter(tags=["feedback"])

UserAsked = Annotated[str | None, Query(min_length=1, max_length=256, description="The person, as in chat requests.")]


class FeedbackRequest(BaseModel):
    """What a person thinks of a reply. What is left out stays as the person said it before."""

    completion_id: Text = Field(min_length=1, max_length=64, examples=["chatcmpl-…"])
    thumb: Literal["up", "down"] | None = None
    reason: Text | None = Field(default=None, max_length=200)
    comment: Text | None = Field(default=None, max_length=4000)
    better_answer: Text | None = Field(default=None, min_length=1, max_length=8000)
    consent: bool = Field(default=False, description="Needed for a better answer, which may be trained on.")
    user: User | None = None


class FeedbackKept(BaseModel):
    """What was kept. `submission` is the receipt of a better answer, which waits for review."""

    object: Literal["feedback"] = "feedback"
    completion_id: str
    voice: str | None
    submission: str | None


class FeedbackDeleted(BaseModel):
    """Whether there was something to take back."""

    object: Literal["feedback"] = "feedback"
    completion_id: str
    deleted: bool


@routes.post("/v1/feedback")
async def give(given: FeedbackRequest, desk: DeskOf, caller: CallerOf) -> FeedbackKept:
    """Judge a reply, say why, or say what it should have been."""
    if not (given.thumb or given.reason or given.comment or given.better_answer):
        raise Refused(400, "Say at least one of thumb, reason, comment, better_answer.", code="invalid_value")
    if given.better_answer and not given.consent:
        raise Refused(400, f"A better answer needs consent = true. {CONSENT}", code="consent_needed", param="consent")
    reply = await _own_reply(desk, caller, given.completion_id)
    if given.better_answer and given.better_answer.strip() == reply.content.strip():
        raise Refused(400, "That is what the reply says already.", code="invalid_value", param="better_answer")
    opinion = Feedback(
        given.completion_id,
        caller.person(given.user),
        thumb=given.thumb,
        reason=given.reason,
        comment=given.comment,
        better_answer=given.better_answer,
    )
    submission = await desk.contributions.feedback(opinion)
    desk.metrics.feedback.labels(given.thumb or "none").inc()
    receipt = submission.id if submission else None
    return FeedbackKept(completion_id=given.completion_id, voice=reply.voice, submission=receipt)


@routes.delete("/v1/feedback/{completion_id}")
async def take_back(completion_id: str, desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> FeedbackDeleted:
    """Take an opinion back."""
    await _own_reply(desk, caller, completion_id)
    deleted = await desk.contributions.take_back_vote(completion_id, caller.person(user))
    return FeedbackDeleted(completion_id=completion_id, deleted=deleted)


async def _own_reply(desk: Desk, caller: Caller, completion_id: str) -> Message:
    """A reply that was given to the same key. Raises `Refused` (404), also for what others were told."""
    try:
        _, reply = await desk.contributions.reply_at(completion_id, platform=PLATFORM, within=f"{caller.id}/")
    except NotFound:
        raise Refused(
            404,
            "There is no such reply of yours. Only replies to requests with store = true are kept.",
            code="not_found",
            param="completion_id",
        ) from None
    return reply
