"""A workspace whose rounds run in the scripted process, for tests of workers and supervisors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from brandvoice.initial import create_workspace
from brandvoice.plugins import load_plugins
from brandvoice.round_store import RoundStore
from brandvoice.rounds import Round
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
    chosen = {"make_supervisor": scripted, "idle": 0.05, **options}
    return Worker(workspace, rounds, offers=load_plugins([]), **chosen)


def lines(workspace: Workspace, round_id: str, name: str) -> list[str]:
    path = workspace.rounds_folder / round_id / "training" / name
    return path.read_text().splitlines() if path.is_file() else []


def fork_worker(root: Path) -> int:
    """A worker in a process of its own, until nothing is left; its rounds run in processes of their own."""
    return _fork(root, make_worker)


def fork_quick_worker(root: Path) -> int:
    """As `fork_worker`, but with the rounds in the worker's process: no time goes into starting Python."""
    return _fork(root, lambda workspace, rounds: make_worker(workspace, rounds, make_supervisor=InProcess))


def _fork(root: Path, make: Callable[[Workspace, RoundStore], Worker]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        workspace = Workspace(root)
        with workspace.open_rounds() as rounds:
            make(workspace, rounds).run(until_idle=True)
        status = 0
    finally:
        os._exit(status)


class InProcess(Supervisor):
    """Runs a round where it is, without watching it."""

    def run(self, round_: Round) -> Round:
        from brandvoice import round as one_round
        from tests.brandvoice import scripted_round

        one_round.judge = scripted_round.judge
        return one_round.go_on(self.workspace, self.rounds, round_, offers=load_plugins([]))
