"""Plugins: found by entry point, checked at the door, and asked once for what they offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from brandvoice import builtin, hookspecs
from conversations.errors import PluginError

GROUP = "brandvoice"
_LISTS = ("importers", "curation_steps", "checks", "recipes", "reply_filters", "notifiers", "name_finders")
_TABLES = ("platforms", "engines", "fact_searches", "trainers", "commands")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One registered plugin and, if it is broken, the sentence that says why."""

    name: str
    origin: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """What all plugins together offer; the built-in ones come first."""

    lists: Mapping[str, Sequence[Any]]
    tables: Mapping[str, Mapping[str, Any]]
    plugins: Sequence[Plugin] = field(default_factory=tuple)

    def list(self, hook: str) -> Sequence[Any]:
        return self.lists[hook]

    def table(self, hook: str) -> Mapping[str, Any]:
        return self.tables[hook]


def load_plugins(found: Sequence[EntryPoint] | None = None) -> Offers:
    """Register the built-ins and every installed plugin; a broken one is named and left out, the rest starts."""
    manager = pluggy.PluginManager("brandvoice")
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, "builtin")
    plugins = [Plugin("builtin", "brandvoice")]
    for entry in found if found is not None else sorted(entry_points(group=GROUP), key=lambda e: e.name):
        fault = _register(manager, entry)
        origin = entry.dist.name if entry.dist else entry.value
        plugins.append(Plugin(entry.name, origin, fault))
    lists = {hook: _gather_list(manager, hook) for hook in _LISTS}
    tables = {hook: _gather_table(manager, hook) for hook in _TABLES}
    return Offers(lists, tables, tuple(plugins))


def check_plugin(entry: EntryPoint) -> str | None:
    """Why a plugin cannot be used, or None."""
    manager = pluggy.PluginManager("brandvoice")
    manager.add_hookspecs(hookspecs)
    return _register(manager, entry)


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> str | None:
    try:
        plugin = entry.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        return f"cannot be imported: {error}"
    wanted = getattr(plugin, "BRANDVOICE_API", hookspecs.API_VERSION)
    if wanted != hookspecs.API_VERSION:
        return f"is for plugin API {wanted}, this is {hookspecs.API_VERSION}"
    try:
        manager.register(plugin, entry.name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        manager.unregister(name=entry.name)
        return f"does not fit: {error}"
    return None


def _calls(manager: pluggy.PluginManager, hook: str) -> list[tuple[str, Any]]:
    """(plugin name, what it offers) for one hook; the built-in first."""
    caller = getattr(manager.hook, hook)
    results = []
    for implementation in caller.get_hookimpls():
        try:
            results.append((implementation.plugin_name, implementation.function()))
        except (TypeError, ValueError, ImportError, AttributeError, KeyError) as error:
            raise PluginError(f'The plugin "{implementation.plugin_name}" failed in {hook}(): {error}') from error
    return sorted(results, key=lambda pair: pair[0] != "builtin")


def _gather_list(manager: pluggy.PluginManager, hook: str) -> list[Any]:
    return [offer for _, offers in _calls(manager, hook) for offer in offers]


def _gather_table(manager: pluggy.PluginManager, hook: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, offers in _calls(manager, hook):
        for key, offer in offers.items():
            if key in table:
                raise PluginError(f'The plugin "{name}" offers "{key}" in {hook}(), which is there already.')
            table[key] = offer
    return table
