"""Models: every style, and every version of it, under the names that chat requests use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bots.assistant import Voice
from bots.http.callers import Caller, CallerOf
from bots.http.desk import Desk, DeskOf
from bots.http.errors import Refused
from conversations.errors import NotFound, VoiceRefused
from styles.voices import PROMPTED, VoiceVersion, parse_reference

SPOKE = frozenset({"current", "previous", "retired"})

routes = APIRouter(tags=["models"])


class Model(BaseModel):
    """A style (`harbor`: whoever speaks now) or one version of it (`harbor@3`; `@0`: the prompted base model)."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["brandvoice"] = "brandvoice"
    root: str  # the version that would speak
    parent: str | None  # the base model that it was trained on
    state: str


class ModelList(BaseModel):
    """Every model that the caller may talk to."""

    object: Literal["list"] = "list"
    data: list[Model]


@routes.get("/v1/models")
async def list_models(desk: DeskOf, caller: CallerOf) -> ModelList:
    """Every style and every version of it. Members see versions that a gate or a person let speak."""
    return ModelList(data=await asyncio.to_thread(lambda: list(_models(desk, caller))))


@routes.get("/v1/models/{model:path}")
async def show_model(model: str, desk: DeskOf, caller: CallerOf) -> Model:
    """One of them."""
    voice = await asyncio.to_thread(voice_named, desk, caller, model)
    return _model(model, voice)


def voice_named(desk: Desk, caller: Caller, name: str) -> Voice:
    """Who speaks under a name. What the caller may not hear is not found, like what is not there."""
    try:
        style, number = parse_reference(name) if "@" in name else (name, None)
        voice = desk.assistant.voice_for(style, number=number)
    except (NotFound, VoiceRefused):
        voice = None
    hidden = voice and voice.version and voice.version.state not in SPOKE and not caller.may("curator")
    if voice is None or hidden:
        said = f"The model {name[:128]!r} does not exist. GET /v1/models lists those that do."
        raise Refused(404, said, code="model_not_found", param="model")
    return voice


def _models(desk: Desk, caller: Caller) -> Iterator[Model]:
    for style in sorted(desk.assistant.styles):
        yield _model(style, desk.assistant.voice_for(style))
        yield _model(f"{style}@{PROMPTED}", desk.assistant.voice_for(style, number=PROMPTED))
        for version in desk.assistant.voices.versions(style):
            if version.state in SPOKE or caller.may("curator"):
                yield _model(version.reference, Voice(desk.assistant.styles[style], version))


def _model(name: str, voice: Voice) -> Model:
    version = voice.version
    return Model(
        id=name,
        created=_created(version),
        root=voice.reference,
        parent=version.manifest.base if version else None,
        state=version.state if version else "prompted",
    )


def _created(version: VoiceVersion | None) -> int:
    return int(datetime.fromisoformat(version.manifest.created_at).timestamp()) if version else 0
