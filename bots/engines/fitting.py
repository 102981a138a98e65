"""What an engine must know of a base model: which voices fit it, and which tokens end its replies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bots.engine import Request
from conversations.errors import ContextExceeded, VoiceRefused
from styles.base_model import BaseModel
from styles.rendering import Renderer
from styles.voices import VoiceVersion, verify


def check_fit(voice: VoiceVersion, base: BaseModel, renderer: Renderer) -> None:
    """Refuse a voice that was trained on another base model or with another renderer, or whose files changed."""
    manifest = voice.manifest
    if manifest.base_digest != base.digest:
        raise VoiceRefused(
            f"{voice.reference} was trained on {manifest.base} ({manifest.base_digest}), "
            f"but this engine runs {base.name} ({base.digest}). Set [model] base accordingly, or train it again."
        )
    if manifest.template_hash != renderer.hash:
        raise VoiceRefused(
            f"{voice.reference} was trained with renderer {manifest.template_hash}, this is {renderer.hash}: "
            "what was trained would not be what is served. Train it again."
        )
    verify(voice)


def version_key(voice: VoiceVersion) -> str:
    """What tells two versions apart: their name, their files, and what they were trained on."""
    manifest = voice.manifest
    told = [voice.reference, sorted(manifest.files.items()), manifest.base_digest, manifest.template_hash]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]


def ends_of_reply(model: Any, renderer: Renderer) -> set[int]:
    """The tokens that end a reply: the template's end of turn, and whatever the model itself stops at."""
    ends = {renderer.end_of_turn()}
    for config in (model.generation_config, model.config.get_text_config(decoder=True)):
        ids = config.eos_token_id
        ends |= set(ids) if isinstance(ids, list) else {ids} if ids is not None else set()
    return ends


def prompt_of(request: Request, renderer: Renderer, *, context: int) -> list[int]:
    """The tokens of a request's prompt that leave room for its reply. Raises `ContextExceeded` where that cannot be."""
    room = context - request.sampling.max_tokens
    if room < 1:
        raise ContextExceeded(f"max_tokens leaves no room in a context of {context} tokens.")
    ids = renderer.prompt(request.messages, limit=None if request.whole else room)
    if len(ids) > room:
        raise ContextExceeded(
            f"This conversation has {len(ids):,} tokens and the reply may take {request.sampling.max_tokens:,}; "
            f"the model can read {context:,} together. Send fewer messages, or ask for a shorter reply."
        )
    return ids
