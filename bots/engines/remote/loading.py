"""The voices of a vLLM server: LoRA adapters that it loads and lets go of while it runs."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bots.engines.fitting import check_fit, version_key
from bots.engines.remote.server import Server, refusal_text
from conversations.errors import EngineUnreachable, VoiceRefused
from styles.base_model import BaseModel
from styles.rendering import Renderer
from styles.voices import VoiceVersion

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*-\d+-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Served:
    """What all voices of a server share: its base model's name there and here, and how prompts are rendered."""

    name: str
    base: BaseModel
    renderer: Renderer
    probe: tuple[int, ...]  # a prompt whose next token tells voices apart


class VoiceLoader:
    """Loads voices when they are asked for; the least recently used one makes room, those in use stay.

    A voice's name at the server holds its digest: the server reuses what it computed for a name, so that a name must
    never come to mean other weights. `root` is where the server sees our voices ("": where we do).
    """

    def __init__(self, server: Server, served: Served, *, root: str, limit: int) -> None:
        self._server = server
        self.served = served
        self._root = root
        self._limit = limit
        self._loaded: OrderedDict[str, None] = OrderedDict()
        self._using: Counter[str] = Counter()
        self._checked: set[str] = set()
        self._lock = asyncio.Lock()
        self._likely: Any = None

    def __len__(self) -> int:
        return len(self._loaded)

    @asynccontextmanager
    async def using(self, voice: VoiceVersion) -> AsyncIterator[str]:
        """The name under which the server speaks with a voice; it stays loaded meanwhile. Raises `VoiceRefused`."""
        name = voice_name(voice)
        self._using[name] += 1
        try:
            await self._ensure(voice, name)
            yield name
        finally:
            self._using[name] -= 1
            if not self._using[name]:
                del self._using[name]

    async def reconcile(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take over what the server says it has: after our start, after its restart, or beside other processes."""
        async with self._lock:
            there = [str(row["id"]) for row in rows if row.get("parent") and _NAME.fullmatch(str(row["id"]))]
            self._loaded = OrderedDict.fromkeys(there)
            self._checked.clear()
            self._likely = None
            await self._make_room()

    async def _ensure(self, voice: VoiceVersion, name: str) -> None:
        async with self._lock:
            if name not in self._checked:
                await asyncio.to_thread(check_fit, voice, self.served.base, self.served.renderer)
                if name in self._loaded:
                    await self._probe(voice, name)
            if name not in self._loaded:
                await self._load(voice, name)
                await self._probe(voice, name)
            self._checked.add(name)
            self._loaded[name] = None
            self._loaded.move_to_end(name)
            await self._make_room()

    async def _load(self, voice: VoiceVersion, name: str) -> None:
        path = self._path(voice)
        status, text = await self._server.order("/v1/load_lora_adapter", {"lora_name": name, "lora_path": path})
        if status == 200 or (status == 400 and "already been loaded" in text):
            log.info("%s is loaded as %s", voice.reference, name)
            return
        said = refusal_text(text)
        log.warning("loading %s from %s: %s %s", voice.reference, path, status, said)
        if status in (502, 503, 504):
            raise EngineUnreachable("The model server cannot be reached right now. Please try again in a moment.")
        raise VoiceRefused(f"The model server does not load {voice.reference}: {said} {_advice(status, said, voice)}")

    async def _probe(self, voice: VoiceVersion, name: str) -> None:
        """Refuse a voice that changes nothing: weights under other names are left out without a word."""
        self._likely = self._likely or await self._likelihoods(self.served.name)
        if await self._likelihoods(name) != self._likely:
            return
        await self._unload(name)
        raise VoiceRefused(
            f"The model server answers as its base model when it is asked for {voice.reference}. "
            "Check that its base model and its version of vLLM support this LoRA adapter."
        )

    async def _likelihoods(self, model: str) -> Any:
        asked = {"prompt": list(self.served.probe), "max_tokens": 1, "temperature": 0, "logprobs": 5}
        answer = await self._server.post("/v1/completions", {"model": model, **asked})
        return answer["choices"][0]["logprobs"]["top_logprobs"]

    async def _make_room(self) -> None:
        idle = [name for name in self._loaded if not self._using[name]]
        for name in idle[: max(0, len(self._loaded) - self._limit)]:
            await self._unload(name)

    async def _unload(self, name: str) -> None:
        self._loaded.pop(name, None)
        status, text = await self._server.order("/v1/unload_lora_adapter", {"lora_name": name})
        if status not in (200, 404):
            log.warning("unloading %s: %s %s", name, status, refusal_text(text))

    def _path(self, voice: VoiceVersion) -> str:
        if not self._root:
            return str(voice.path.resolve())
        return str(PurePosixPath(self._root, voice.manifest.style, str(voice.manifest.number)))


def voice_name(voice: VoiceVersion) -> str:
    """`harbor-3-0123456789ab`: for ever the same weights."""
    return f"{voice.reference.replace('@', '-')}-{version_key(voice)[:12]}"


def _advice(status: int, said: str, voice: VoiceVersion) -> str:
    if status == 404 and said == "Not Found":
        return "Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1."
    if "rank" in said.lower():
        config = json.loads((voice.path / "adapter_config.json").read_text(encoding="utf-8"))
        return f"Start vLLM with --max-lora-rank {config.get('r', 'RANK')} or more."
    if status == 404:
        return "It must see the folder of our voices; [model] endpoint_voices says where."
    return ""
