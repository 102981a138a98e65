"""A new plugin: a package to start from, with its test."""

from __future__ import annotations

import re
from pathlib import Path

from brandvoice.hookspecs import API_VERSION
from conversations.errors import SettingsError

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "brandvoice-{name}"
version = "0.1.0"
description = "A brandvoice plugin."
requires-python = ">=3.11"
dependencies = ["brandvoice"]

[project.entry-points.brandvoice]
{name} = "{module}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""

MODULE = '''\
"""A brandvoice plugin: {name}."""

from collections.abc import Callable, Sequence

from brandvoice import hookimpl

BRANDVOICE_API = {version}


@hookimpl
def reply_filters() -> Sequence[Callable[[str], str]]:
    """Changes to a finished reply before it is shown; see brandvoice/hookspecs.py for every other hook."""
    return [without_double_spaces]


def without_double_spaces(reply: str) -> str:
    """The reply with runs of spaces made one."""
    return " ".join(part for part in reply.split(" ") if part)
'''

TEST = """\
from {module} import reply_filters, without_double_spaces


def test_double_spaces_become_one() -> None:
    assert without_double_spaces("a  b") == "a b"


def test_the_plugin_offers_its_filter() -> None:
    assert reply_filters() == [without_double_spaces]
"""


def create_plugin(folder: Path, name: str) -> list[Path]:
    """Write a plugin package; a folder that is there already is left alone."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
        raise SettingsError(f'"{name}" cannot be a plugin\'s name: use lower-case letters, digits and hyphens.')
    if folder.exists():
        raise SettingsError(f"{folder} exists already; nothing was changed.")
    module = f"brandvoice_{name.replace('-', '_')}"
    files = {
        "pyproject.toml": PROJECT.format(name=name, module=module),
        f"{module}.py": MODULE.format(name=name, version=API_VERSION),
        f"test_{module}.py": TEST.format(module=module),
    }
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return [folder / file for file in files]
