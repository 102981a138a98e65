"""The engines of a workspace, made as its settings say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from brandvoice.settings import secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from bots.engine import Engine
    from bots.engines.batching import Limits
    from bots.engines.remote import RemoteEngine
    from brandvoice.settings import ModelSection
    from brandvoice.workspace import Workspace

_GIB = 2**30


def make_measuring_engine(workspace: Workspace, offered: dict[str, Callable[[Workspace], Engine]]) -> Engine:
    """The engine that serves, without a fallback that would be measured in its place.

    On a CPU it counts in fp32: in bf16 the words of a reply depend on what else is answered at that moment, and two
    evaluations of one voice would differ.
    """
    from brandvoice.builtin import make_engine
    from training.machine import find_machine

    settings = workspace.settings.model
    if settings.engine == "local" and find_machine(settings.device).device == "cpu":
        return make_local_engine(workspace, dtype="float32")
    return make_engine(workspace, offered, fallback=False)


def make_local_engine(workspace: Workspace, *, dtype: str | None = None) -> Engine:
    """The base model on this machine, within the memory that the settings allow."""
    from bots.engines.local import local_engine
    from training.machine import find_machine

    settings = workspace.settings.model
    machine = find_machine(settings.device)
    return local_engine(
        workspace.base_model(), dtype=dtype or machine.dtype, device=machine.device, limits=_limits(settings)
    )


def _limits(settings: ModelSection) -> Limits:
    from bots.engines.batching import Limits

    return Limits(
        slots=settings.answers_at_once,
        queue=settings.waiting,
        context=settings.context,
        cache_bytes=int(settings.cache_gib * _GIB),
        prefix_bytes=int(settings.reuse_gib * _GIB),
        adapter_bytes=int(settings.voices_gib * _GIB),
    )


def make_remote_engine(workspace: Workspace) -> RemoteEngine:
    """The server at `[model] endpoint`; it is reached when the first answer is wanted."""
    from bots.engines.remote import RemoteEngine, RemoteOptions, Server

    settings = workspace.settings.model
    options = RemoteOptions(
        model=settings.endpoint_model,
        voices=settings.endpoint_voices,
        voices_loaded=settings.voices_loaded,
        open_requests=settings.answers_at_once + settings.waiting,
        context=settings.context,
    )
    server = Server(settings.endpoint, key=secret("BRANDVOICE_ENDPOINT_KEY"))
    return RemoteEngine(server, workspace.base_model, options=options)


def check_endpoint(workspace: Workspace) -> str:
    """Reach the server of the settings and say what it is. Raises `EngineError`."""

    async def ask() -> str:
        engine = make_remote_engine(workspace)
        try:
            return await engine.check()
        finally:
            await engine.close()

    return asyncio.run(ask())
