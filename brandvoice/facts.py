"""The facts of a workspace: which style answers from which folder, and how it is searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conversations.errors import SettingsError

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from styles.facts import Facts, FactSearch
    from styles.style import Style


def facts_folder(workspace: Workspace, style: str) -> Path | None:
    """The folder that is set, or `styles/NAME/facts` if it is there; None where a style has no facts."""
    usual = workspace.styles_folder / style / "facts"
    if told := workspace.settings.style(style).facts:
        folder = workspace.root / told
        if not folder.is_dir():
            raise SettingsError(
                f'[styles.{style}] facts = "{told}": there is no folder {folder}. Make it, or mend that.'
            )
        return folder
    return usual if usual.is_dir() else None


def load_facts(workspace: Workspace, searches: Mapping[str, Callable[[Path, Style], FactSearch]]) -> Facts:
    """The facts of every style that has some. Raises `SettingsError` where a folder or a search is not there."""
    from styles.facts import Facts

    found: dict[str, FactSearch] = {}
    for name, style in workspace.styles.items():
        folder, wanted = facts_folder(workspace, name), workspace.settings.style(name).facts_search
        if folder is None:
            continue
        if wanted not in searches:
            known = ", ".join(sorted(searches))
            raise SettingsError(f'[styles.{name}] facts_search = "{wanted}" is not known. Searches here: {known}.')
        found[name] = searches[wanted](folder, style)
    return Facts(found)


def describe_facts(workspace: Workspace) -> str:
    """Which styles have facts, and how many passages each, for the doctor."""
    from styles.facts import FactIndex

    folders = {name: facts_folder(workspace, name) for name in workspace.styles}
    counts = {name: (folder, len(FactIndex(folder))) for name, folder in folders.items() if folder}
    told = [f"{name}: {n} passage{'s' * (n != 1)} in {folder}" for name, (folder, n) in counts.items()]
    return "; ".join(told) or "no style has any"
