"""People: what is kept of somebody, opting out, and erasing it."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bots.http.callers import CallerOf
from bots.http.desk import DeskOf
from bots.http.feedback import UserAsked

routes = APIRouter(tags=["people"])


class Kept(BaseModel):
    """What is kept of a person, or was until just now (`erased`)."""

    object: Literal["person"] = "person"
    erased: bool
    opted_out: bool
    conversations: int
    messages: int
    feedback: int
    submissions: int


class Opted(BaseModel):
    """Whether the person's text may be used."""

    object: Literal["person"] = "person"
    opted_out: bool


@routes.get("/v1/me")
async def show_kept(desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> Kept:
    """How much is kept of the person."""
    person = caller.person(user)
    found = await asyncio.to_thread(lambda: desk.contributions.store.forget(person, dry_run=True))
    return Kept(
        erased=False,
        opted_out=await desk.contributions.opted_out(person),
        conversations=found.conversations,
        messages=found.messages,
        feedback=found.feedback,
        submissions=found.submissions,
    )


@routes.delete("/v1/me")
async def forget(desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> Kept:
    """Erase everything of the person: conversations, submissions and feedback."""
    person = caller.person(user)
    gone = await desk.contributions.forget(person)
    return Kept(
        erased=True,
        opted_out=await desk.contributions.opted_out(person),
        conversations=gone.conversations,
        messages=gone.messages,
        feedback=gone.feedback,
        submissions=gone.submissions,
    )


@routes.post("/v1/me/opt_out")
async def opt_out(desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> Opted:
    """Let nothing of the person be trained on."""
    await desk.contributions.opt_out(caller.person(user))
    return Opted(opted_out=True)


@routes.post("/v1/me/opt_in")
async def opt_in(desk: DeskOf, caller: CallerOf, user: UserAsked = None) -> Opted:
    """Undo opting out."""
    await desk.contributions.opt_in(caller.person(user))
    return Opted(opted_out=False)
