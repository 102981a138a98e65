"""The rules of a workspace's styles: house rules in Vale's format, and what was learned of how the brand writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from styles.checks import Check
from styles.classifier import StyleClassifier, load_classifier, save_classifier

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace


def house_rules(workspace: Workspace, style: str) -> tuple[Check, ...]:
    """The rules in `styles/NAME/rules`. Raises SettingsError with file and line of every fault in them."""
    from styles.vale import load_vale_rules

    folder = workspace.styles_folder / style / "rules"
    return load_vale_rules(folder) if folder.is_dir() else ()


def live_checks(workspace: Workspace, style: str) -> tuple[Check, ...]:
    """What each reply of a voice is tried on besides the rules of its style: all together under 5 ms."""
    from styles.learned import LearnedStyle

    path = classifier_path(workspace, style)
    learned = (LearnedStyle(load_classifier(path)),) if path.is_file() else ()
    return (*house_rules(workspace, style), *learned)


def keep_classifier(workspace: Workspace, style: str, classifier: StyleClassifier) -> None:
    """Keep what the last evaluation learned, for live replies; one that cannot tell brand from base is not kept."""
    path = classifier_path(workspace, style)
    if not classifier.may_gate:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    save_classifier(classifier, part)
    part.replace(path)


def classifier_path(workspace: Workspace, style: str) -> Path:
    return workspace.data / "styles" / style / "classifier.json"
