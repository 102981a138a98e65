"""A workspace whose rounds run in the scripted process, for tests of workers and supervisors."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from brandvoice.initial import create_workspace
from brandvoice.plugins import load_plugins
from brandvoice.round_store import RoundStore
from brandvoice.supervisor import Supervisor
from brandvoice.worker import Worker
from brandvoice.workspace import Workspace

HERE = Path(__file__).parent
COMMAND = (sys.executable, str(HERE / "scripted_round.py"))
STYLE = 'name = "{}"\nabout = "A shop that sells tea."\n'

os.environ["PYTHONPATH"] = str(HERE.parents[1])  # for the processes that tests start


def make_workspace(root: Path, *, styles: tuple[str, ...] = ("tea",), settings: str = "", **script: Any) -> Workspace:
    create_workspace(root)
    for style in styles:
        (root / "styles" / f"{style}.toml").write_text(STYLE.format(style))
    with (root / "brandvoice.toml").open("a") as opened:
        opened.write(settings)
    write_script(root, **script)
    return Workspace(root.resolve())


def write_script(root: Path, **script: Any) -> None:
    (root / "script.json").write_text(json.dumps({"steps": 5, "seconds": 0.05, **script}))


def make_worker(workspace: Workspace, rounds: RoundStore, **options: Any) -> Worker:
    scripted = partial(Supervisor, command=COMMAND, grace=5.0)
    return Worker(workspace, rounds, offers=load_plugins([]), make_supervisor=scripted, idle=0.05, **options)


def lines(workspace: Workspace, round_id: str, name: str) -> list[str]:
    path = workspace.rounds_folder / round_id / "training" / name
    return path.read_text().splitlines() if path.is_file() else []


def work(root: str) -> None:
    """One worker in a process of its own, until nothing is left: `python -m tests.brandvoice.scripted ROOT`."""
    workspace = Workspace(Path(root))
    with workspace.open_rounds() as rounds:
        make_worker(workspace, rounds).run(until_idle=True)


if __name__ == "__main__":
    work(sys.argv[1])
