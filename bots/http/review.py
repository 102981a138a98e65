"""Review: what curators decide about submissions, and what they see of feedback."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bots.http.callers import Caller, CallerOf
from bots.http.chat_schema import Text
from bots.http.desk import Desk, DeskOf
from bots.http.errors import Refused
from bots.http.lists import After, Limit, page
from bots.http.submissions import ExampleMessage, SubmissionList, SubmissionObject, submission_object
from conversations.messages import Feedback, Message, SubmissionState
from conversations.reviews import Judgement

routes = APIRouter(tags=["review"])

Style = Annotated[str | None, Query(max_length=128)]


class Decision(BaseModel):
    """Why, and for an approval also the messages as they should be learned."""

    note: Text = Field(default="", max_length=2000)
    messages: list[ExampleMessage] | None = Field(default=None, min_length=1, max_length=200)


class Opinion(BaseModel):
    """What somebody thinks of a reply."""

    completion_id: str
    thumb: Literal["up", "down"] | None
    reason: str | None
    comment: str | None
    better_answer: str | None
    voice: str | None
    given_at: int | None


class OpinionList(BaseModel):
    """A page of feedback."""

    object: Literal["list"] = "list"
    data: list[Opinion]
    has_more: bool


@routes.get("/v1/review/submissions")
async def list_submissions(
    desk: DeskOf, style: Style = None, state: SubmissionState = "waiting", after: After = None, limit: Limit = 100
) -> SubmissionList:
    """What waits for a decision, or was decided, oldest first."""
    found = await asyncio.to_thread(lambda: desk.contributions.store.submissions(style, state))
    shown, more = page(found, lambda s: s.id, after=after, limit=limit)
    return SubmissionList(data=[submission_object(s) for s in shown], has_more=more)


@routes.post("/v1/review/submissions/{submission_id}/approve")
async def approve(submission_id: str, decision: Decision, desk: DeskOf, caller: CallerOf) -> SubmissionObject:
    """Let a submission be learned from, as it is or edited. On one that somebody else decided, a second opinion."""
    return await _decide(desk, caller, submission_id, decision, state="approved")


@routes.post("/v1/review/submissions/{submission_id}/reject")
async def reject(submission_id: str, decision: Decision, desk: DeskOf, caller: CallerOf) -> SubmissionObject:
    """Keep a submission from being learned from."""
    return await _decide(desk, caller, submission_id, decision, state="rejected")


@routes.post("/v1/review/undo")
async def undo(style: Annotated[str, Query(max_length=128)], desk: DeskOf, caller: CallerOf) -> SubmissionObject:
    """Take back the newest decision that was made with this key about a style."""
    store = desk.contributions.store
    verdict = await asyncio.to_thread(lambda: store.reviews.undo(style, reviewer=caller.who))
    return submission_object(await asyncio.to_thread(store.submission, verdict.item))


@routes.get("/v1/review/feedback")
async def list_feedback(desk: DeskOf, style: Style = None, after: After = None, limit: Limit = 100) -> OpinionList:
    """What people thought of replies, newest first; not who they are."""
    found = (await asyncio.to_thread(lambda: desk.contributions.store.feedback(style)))[::-1]
    shown, more = page(found, lambda f: f.reply, after=after, limit=limit)
    return OpinionList(data=[_opinion(f) for f in shown], has_more=more)


async def _decide(
    desk: Desk, caller: Caller, submission_id: str, decision: Decision, *, state: SubmissionState
) -> SubmissionObject:
    store = desk.contributions.store
    found = await asyncio.to_thread(store.submission, submission_id)
    if caller.key is not None and f"{found.person}/".startswith(f"{caller.who}/"):
        raise Refused(403, "It was handed in with this very key; somebody else must decide.", code="own_submission")
    edited = [Message(m.role, m.content) for m in decision.messages] if decision.messages else None
    if edited and edited[-1].role != "assistant":
        raise Refused(400, "An example has to end with a reply.", code="invalid_value", param="messages")
    if edited:
        edited = list((await asyncio.to_thread(desk.contributions.preview, edited)).messages)
    verdict: Judgement = "reject" if state == "rejected" else "edit" if edited else "approve"
    judge = partial(store.reviews.judge, found, verdict, reviewer=caller.who, reason=decision.note, messages=edited)
    await asyncio.to_thread(judge)
    return submission_object(await asyncio.to_thread(store.submission, found.id))


def _opinion(given: Feedback) -> Opinion:
    return Opinion(
        completion_id=given.reply,
        thumb=given.thumb,
        reason=given.reason,
        comment=given.comment,
        better_answer=given.better_answer,
        voice=given.voice,
        given_at=int(given.given_at.timestamp()) if given.given_at else None,
    )
