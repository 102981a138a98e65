"""The README is true: its commands exist, and its five-minute path works as written."""

import os
import re
import shlex
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import typer

from brandvoice.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line.removeprefix("$ ") for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")]


def test_the_two_commands_are_make_targets() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert COMMANDS[:2] == ["make demo", "make test"]
    assert {"setup", "demo", "test", "check", "bench"} <= set(targets)


def spoken() -> list[str]:
    """Every brandvoice command line that the README shows, in blocks and in the table."""
    inline = re.findall(r"`(brandvoice [a-z][^`]*)`", README)
    return sorted({c for c in [*COMMANDS, *inline] if c.startswith("brandvoice ")})


@pytest.mark.parametrize("line", spoken())
def test_every_command_that_the_readme_shows_exists(line: str) -> None:
    words = [w for w in shlex.split(line)[1:] if w != "…"]
    if words[0] == "--workspace":
        words = words[2:]
    command = typer.main.get_command(app)
    for word in words:
        found = getattr(command, "commands", {}).get(word)
        if found is None:
            break
        command = found
    assert command is not typer.main.get_command(app), f"no such command: {line}"
    assert not getattr(command, "commands", {}), f"not a whole command: {line}"
    options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
    assert {w for w in words if w.startswith("--")} <= options, line


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_file_that_the_readme_links_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("folder", re.findall(r"^([a-z]+/)  ", README, re.MULTILINE))
def test_every_folder_of_the_tree_is_there(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("snippet", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_every_python_snippet_runs(snippet: str) -> None:
    exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})


@pytest.mark.slow
def test_your_own_logs_in_five_minutes(tmp_path: Path) -> None:
    block = next(b for b in CONSOLE if "brandvoice init mybrand" in b)
    folder, said = tmp_path, ""
    for line in block.splitlines():
        words = shlex.split(line.removeprefix("$ "))
        if words[0] == "cd":
            folder /= words[1]
            lines = (resources.files("brandvoice") / "demo_data" / "volt.jsonl").read_text("utf-8").splitlines()
            (folder / "chats.jsonl").write_text("\n".join(lines[:120]), encoding="utf-8")
            (folder / "recipes").mkdir()
            (folder / "recipes" / "default.toml").write_text('name = "default"\nepochs = 2\n')
            continue
        command = [sys.executable, "-c", "from brandvoice.cli import main; main()", *words[1:]]
        if words[1:3] == ["voices", "promote"]:
            command += ["--reason", "the gate may say no to two epochs"]
        done = subprocess.run(
            command,
            cwd=folder,
            input="hello\n/good\n/quit\n",
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said = done.stdout
    assert "acme@1" in said
    assert "It is kept with acme@1" in said
