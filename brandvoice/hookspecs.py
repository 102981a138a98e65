"""Every hook of brandvoice on one page.

A plugin is a module or object with functions of these names, marked with `brandvoice.hookimpl`, that the entry point
group "brandvoice" names. Each hook is called once at start and returns objects; what they return is used later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    import typer

    from bots.engine import Engine
    from bots.platform import Platform
    from brandvoice.remote_training import Trainer
    from brandvoice.workspace import Workspace
    from conversations.importers import Importer
    from styles.checks import Check
    from styles.curation import CurationStep
    from styles.facts import FactSearch
    from styles.style import Style
    from training.recipe import Recipe

API_VERSION = 1

hookspec = pluggy.HookspecMarker("brandvoice")
hookimpl = pluggy.HookimplMarker("brandvoice")


@hookspec
def platforms() -> dict[str, Callable[[Workspace], Platform]]:  # type: ignore[empty-body]
    """Where people talk: name → factory, called when `brandvoice serve` starts the platform."""


@hookspec
def engines() -> dict[str, Callable[[Workspace], Engine]]:  # type: ignore[empty-body]
    """What runs chat models: the value of `[model] engine` → factory."""


@hookspec
def importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Readers of conversation files; asked in order which of them recognises a file by its content."""


@hookspec
def curation_steps() -> Sequence[CurationStep]:  # type: ignore[empty-body]
    """Steps added after the built-in ones; each keeps, changes or drops examples with a reason."""


@hookspec
def checks() -> Sequence[Check]:  # type: ignore[empty-body]
    """Further checks of a reply: a score from 0 to 1 and the evidence."""


@hookspec
def trainers() -> dict[str, Callable[[Workspace], Trainer]]:  # type: ignore[empty-body]
    """Who trains instead of this machine: the value of `[styles.NAME] trainer` → factory."""


@hookspec
def recipes() -> Sequence[Recipe]:  # type: ignore[empty-body]
    """Training recipes by their names."""


@hookspec
def reply_filters() -> Sequence[Callable[[str], str]]:  # type: ignore[empty-body]
    """Changes to a finished reply before it is shown, in order."""


@hookspec
def fact_searches() -> dict[str, Callable[[Path, Style], FactSearch]]:  # type: ignore[empty-body]
    """Ways to search a folder of facts: the value of `[styles.NAME] facts_search` → factory, called once at start."""


@hookspec
def commands() -> dict[str, typer.Typer]:  # type: ignore[empty-body]
    """Command groups added to `brandvoice`, by name."""


@hookspec
def notifiers() -> Sequence[Callable[[str, dict[str, Any]], None]]:  # type: ignore[empty-body]
    """To be told what happens (round.waiting, round.promoted, …): the kind of news and its facts, each once."""


@hookspec
def name_finders() -> Sequence[Callable[[str], Iterable[tuple[int, int]]]]:  # type: ignore[empty-body]
    """Finders of people's names that no export lists, such as an NER model: text → start and end of each name."""
