"""Serving: the assistant with its engine, and the platforms that people reach it through."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

from brandvoice.builtin import make_engine
from brandvoice.everybody import Everybody
from brandvoice.facts import load_facts
from brandvoice.http import http_is_configured
from brandvoice.logs import set_up_logs
from brandvoice.plugins import Offers, load_plugins
from brandvoice.rules import live_checks
from conversations.errors import BrandvoiceError, SettingsError

if TYPE_CHECKING:
    from bots.assistant import Assistant
    from bots.contributions import Contributions
    from bots.engine import Engine
    from bots.limits import Limits
    from bots.platform import Platform
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore

    _Run = Callable[[Assistant, Contributions], Coroutine[Any, Any, None]]

EARLY = frozenset({"http", "rounds"})  # platforms that are up before the model is, and say so


def make_assistant(workspace: Workspace, store: ConversationStore, offers: Offers, *, engine: Engine) -> Assistant:
    """The assistant of a workspace on an engine."""
    from bots.assignment import Assignment
    from bots.assistant import Assistant
    from styles.live import LiveScorer

    return Assistant(
        store=store,
        voices=workspace.voices,
        styles=workspace.styles,
        engine=engine,
        limits=_limits(workspace),
        assignments=[Assignment(a.where, a.style, a.canary) for a in workspace.settings.assign],
        reply_filters=offers.list("reply_filters"),
        facts=load_facts(workspace, offers.table("fact_searches")),
        live=LiveScorer(
            workspace.styles,
            offers.list("checks"),
            own={name: live_checks(workspace, name) for name in workspace.styles},
        ),
    )


def _limits(workspace: Workspace) -> Limits:
    from bots.limits import Limits

    settings = workspace.settings.model
    return Limits(answers_at_once=settings.answers_at_once, whole=settings.overflow == "refuse")


def chat_in_terminal(workspace: Workspace, style: str, *, reference: str | None) -> None:
    """Talk to a style in this terminal until the person leaves."""
    from bots.terminal.terminal import Terminal
    from styles.voices import parse_reference

    workspace.style(style)
    number = None
    if reference:
        named, number = parse_reference(reference)
        if named != style:
            raise SettingsError(f"{reference} is not a version of {style}.")
    asyncio.run(_run(workspace, [Terminal(style, number=number)]))


def serve_platforms(workspace: Workspace, *, only: Sequence[str]) -> None:
    """Run the named platforms, or all that are configured, until stopped."""
    offers = load_plugins()
    offered = offers.table("platforms")
    unknown = [name for name in only if name not in offered]
    if unknown:
        raise SettingsError(
            f"{', '.join(unknown)}: not configured. Platforms here: {', '.join(sorted(offered)) or 'none'}. "
            "`brandvoice doctor` says what is missing."
        )
    asleep = {name for name, on in _needing_nothing(workspace).items() if not on}
    wanted = only or [name for name in sorted(offered) if name not in asleep]
    chosen = [offered[name](workspace) for name in wanted]
    if not chosen:
        raise SettingsError("Nothing to serve: no platform is configured. `brandvoice doctor` says what is missing.")
    set_up_logs()
    with suppress(asyncio.CancelledError):  # SIGTERM
        asyncio.run(_serve(workspace, chosen))


def _needing_nothing(workspace: Workspace) -> dict[str, bool]:
    """What could always be served, and whether this workspace asks for it."""
    styles = workspace.settings.styles.values()
    by_themselves = any(style.runs_by_itself or style.canary.share for style in styles)
    return {"http": http_is_configured(workspace), "rounds": by_themselves}


async def _serve(workspace: Workspace, platforms: Sequence[Platform]) -> None:
    """Run until stopped, also by SIGTERM: running answers get their last words then, as on Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None, "runs in a task"
    with suppress(NotImplementedError):  # Windows has no such signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await _run(workspace, platforms)


async def _run(workspace: Workspace, platforms: Sequence[Platform]) -> None:
    from bots.contributions import Contributions
    from bots.engines.starting import StartingEngine
    from bots.forgetting import forget_erased

    offers = load_plugins()
    engine = StartingEngine(lambda: make_engine(workspace, dict(offers.table("engines"))))
    refusals: Sequence[BaseException] = ()
    async with AsyncExitStack() as stack:
        store = await asyncio.to_thread(workspace.open_store)
        stack.callback(store.close)
        assistant = await asyncio.to_thread(lambda: make_assistant(workspace, store, offers, engine=engine))
        stack.push_async_callback(assistant.engine.close)
        stack.push_async_callback(assistant.close)
        forgetting = asyncio.create_task(forget_erased(assistant.engine, store.erasures), name="forgetting")
        stack.callback(forgetting.cancel)
        everybody = Everybody(workspace, store, offers=offers)
        contributions = Contributions(store, importers=offers.list("importers"), names=everybody)
        try:
            async with asyncio.TaskGroup() as group:
                loading = group.create_task(engine.start(), name="model")
                for platform in platforms:
                    run = platform.run if platform.name in EARLY else _after(loading, platform)
                    group.create_task(run(assistant, contributions), name=platform.name)
        except* (BrandvoiceError, OSError, MemoryError) as refused:
            refusals = refused.exceptions
    if refusals:
        raise refusals[0]


def _after(loading: asyncio.Task[None], platform: Platform) -> _Run:
    """A platform that waits for the model, because it could not tell anybody that there is none yet."""

    async def run(assistant: Assistant, contributions: Contributions) -> None:
        await asyncio.wait({loading})
        if loading.exception() is None:
            await platform.run(assistant, contributions)

    return run
