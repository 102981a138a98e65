"""Submissions: conversations that people hand in as examples, see again and withdraw."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bots.contributions import CONSENT
from bots.http.callers import CallerOf
from bots.http.chat_schema import Text, User
from bots.http.desk import DeskOf
from bots.http.errors import Refused
from bots.http.feedback import UserAsked
from bots.http.lists import After, Limit, page
from conversations.messages import Message, Submission

routes = APIRouter(tags=["submissions"])

Content = Annotated[Text, Field(min_length=1, max_length=32_000)]


class ExampleMessage(BaseModel):
    """One message of an example."""

    role: Literal["system", "user", "assistant"]
    content: Content


class SubmissionRequest(BaseModel):
    """A conversation that ends with a reply as it should be."""

    model: str = Field(min_length=1, max_length=128, description="The style.")
    messages: list[ExampleMessage] = Field(min_length=1, max_length=200)
    consent: bool = False
    preview: bool = Field(default=False, description="Only show what would be kept.")
    user: User | None = None


class SubmissionObject(BaseModel):
    """A submission; `id` is the receipt. One that is not kept yet (`preview`) has no id."""

    object: Literal["submission"] = "submission"
    id: str | None
    model: str
    state: Literal["preview", "waiting", "approved", "rejected", "withdrawn"]
    messages: list[ExampleMessage]
    note: str | None = None
    replaced: dict[str, int] | None = None  # private values that were recognised, by kind
    consent: str = CONSENT
    submitted_at: int | None = None


class SubmissionList(BaseModel):
    """A page of submissions."""

    object: Literal["list"] = "list"
    data: list[SubmissionObject]
    has_more: bool


@routes.post("/v1/submissions")
async def submit(asked: SubmissionRequest, desk: DeskOf, caller: CallerOf) -> SubmissionObject:
    """Hand in an example: first with `preview`, to show what would be kept, then with `consent`."""
    if asked.model not in desk.assistant.styles:
        raise Refused(404, f"The style {asked.model[:64]!r} does not exist.", code="model_not_found", param="model")
    person = caller.person(asked.user)
    messages = [Message(m.role, m.content, author=person if m.role == "user" else None) for m in asked.messages]
    if asked.preview:
        seen = await asyncio.to_thread(desk.contributions.preview, messages)
        return SubmissionObject(
            id=None, model=asked.model, state="preview", messages=_plain(seen.messages), replaced=seen.replaced
        )
    if not asked.consent:
        raise Refused(400, f"Handing in needs consent = true. {CONSENT}", code="consent_needed", param="consent")
    return submission_object(await desk.contributions.submit(messages, style=asked.model, person=person))


@routes.get("/v1/submissions")
async def list_own(
    desk: DeskOf, caller: CallerOf, user: UserAsked = None, after: After = None, limit: Limit = 100
) -> SubmissionList:
    """What the person handed in, newest first."""
    mine = (await desk.contributions.mine(caller.person(user)))[::-1]
    shown, more = page(mine, lambda s: s.id, after=after, limit=limit)
    return SubmissionList(data=[submission_object(s) for s in shown], has_more=more)


@routes.delete("/v1/submissions/{submission_id}")
async def withdraw(submission_id: str, desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> SubmissionObject:
    """Take a submission back; it is not trained on from then on."""
    return submission_object(await desk.contributions.withdraw(submission_id, caller.person(user)))


def submission_object(submission: Submission) -> SubmissionObject:
    return SubmissionObject(
        id=submission.id,
        model=submission.style,
        state=submission.state,
        messages=_plain(submission.messages),
        note=submission.note,
        submitted_at=int(submission.submitted_at.timestamp()) if submission.submitted_at else None,
    )


def _plain(messages: Sequence[Message]) -> list[ExampleMessage]:
    return [ExampleMessage.model_construct(role=m.role, content=m.content) for m in messages]
