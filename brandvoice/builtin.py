"""What brandvoice itself offers through its own hooks; everything heavy is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from brandvoice.hookspecs import hookimpl
from conversations.errors import EngineError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from bots.engine import Engine
    from bots.platform import Platform
    from brandvoice.remote_training import Trainer
    from brandvoice.workspace import Workspace
    from conversations.importers import Importer
    from styles.facts import FactSearch
    from styles.style import Style


@hookimpl
def engines() -> dict[str, Callable[[Workspace], Engine]]:
    return {"local": _local_engine, "openai": _remote_engine, "echo": _echo_engine}


@hookimpl
def platforms() -> dict[str, Callable[[Workspace], Platform]]:
    """Those that are configured, and HTTP and rounds, which need nothing."""
    from brandvoice.discord import discord_is_configured, discord_platform
    from brandvoice.embedded_worker import EmbeddedWorker
    from brandvoice.http import http_platform
    from brandvoice.slack import slack_is_configured, slack_platform

    configured: dict[str, Callable[[Workspace], Platform]] = {"http": http_platform}
    configured["rounds"] = lambda workspace: EmbeddedWorker(workspace.root)
    if slack_is_configured():
        configured["slack"] = slack_platform
    if discord_is_configured():
        configured["discord"] = discord_platform
    return configured


@hookimpl
def trainers() -> dict[str, Callable[[Workspace], Trainer]]:
    return {"openai": _openai_trainer}


@hookimpl
def fact_searches() -> dict[str, Callable[[Path, Style], FactSearch]]:
    return {"words": _word_search}


@hookimpl
def importers() -> Sequence[Importer]:
    from conversations.importers import BUILTIN_IMPORTERS

    return BUILTIN_IMPORTERS


def _openai_trainer(workspace: Workspace) -> Trainer:
    from brandvoice.remote_training import OpenAITrainer
    from brandvoice.settings import secret

    return OpenAITrainer(workspace.settings.remote, key=secret("OPENAI_API_KEY"))


def _word_search(folder: Path, style: Style) -> FactSearch:
    from styles.facts import FactIndex

    return FactIndex(folder, language=style.language)


def _local_engine(workspace: Workspace) -> Engine:
    from brandvoice.engines import make_local_engine

    return make_local_engine(workspace)


def _remote_engine(workspace: Workspace) -> Engine:
    from brandvoice.engines import make_remote_engine

    return make_remote_engine(workspace)


def _echo_engine(workspace: Workspace) -> Engine:
    from bots.engines.echo import EchoEngine

    return EchoEngine()


def make_engine(
    workspace: Workspace, offered: dict[str, Callable[[Workspace], Engine]], *, fallback: bool = True
) -> Engine:
    """The engine that `[model] engine` names; where there is a `fallback`, that one behind it."""
    settings = workspace.settings.model
    for key, name in (("engine", settings.engine), ("fallback", settings.fallback)):
        if name and name not in offered:
            known = ", ".join(sorted(offered))
            raise SettingsError(f'[model] {key} = "{name}" is not known. Engines here: {known}.')
    first = _made(offered, settings.engine, workspace)
    if not (settings.fallback and fallback):
        return first
    from bots.engines.fallback import FallbackEngine

    return FallbackEngine(first, lambda: _made(offered, settings.fallback, workspace))


def _made(offered: dict[str, Callable[[Workspace], Engine]], name: str, workspace: Workspace) -> Engine:
    try:
        return offered[name](workspace)
    except ImportError as error:
        raise EngineError(f'The engine "{name}" needs a package that is not installed: {error}.') from error
