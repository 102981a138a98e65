"""The demo: the whole loop once, offline, on the bundled brands and the starter model."""

from __future__ import annotations

import shutil
import time
from importlib import resources
from pathlib import Path

from brandvoice.decisions import decide
from brandvoice.initial import create_workspace
from brandvoice.intake import import_path
from brandvoice.output import say
from brandvoice.plugins import load_plugins
from brandvoice.starting import start_round
from brandvoice.workspace import SETTINGS_FILE, Workspace
from conversations.errors import SettingsError

BRANDS = ("harbor", "volt")
_DATA = "demo_data"

_SETTINGS = """
[[assign]]
where = "*:*"
style = "{style}"

[styles.{style}]
recipe = "{recipe}"
promote = "ask"
"""

_QUICK = """\
# Small enough to see in seconds that everything works; too small to be any good.
name = "quick"
epochs = 1
min_examples = 10

[lora]
rank = 4
alpha = 8
"""


def run_demo(folder: Path, *, style: str = "harbor", quick: bool = False) -> None:
    """Make a workspace, import both brands, run one round of `style` and promote its voice if the gate lets it."""
    if style not in BRANDS:
        raise SettingsError(f'The demo has no brand "{style}". It has {" and ".join(BRANDS)}.')
    began = time.monotonic()
    workspace = _workspace(folder, style=style, quick=quick)
    say(f"A workspace for two fictional brands is in {workspace.root}\n")
    _import(workspace)
    say(f"\nOne round of {style}: curate, train, evaluate, gate\n")
    finished = start_round(workspace, style, recipe=None, dataset=None, until="promoted")
    promoted = finished.state == "waiting"
    if promoted:
        with workspace.open_rounds() as rounds:
            decide(workspace, rounds, finished.id, who="demo", verdict="approve", reason="the demo's own round")
        say(f"{style}@{finished.voice} is promoted: it speaks from now on.")
    say(f"\nDone in {_minutes(time.monotonic() - began)}. Next:")
    spoken = "talk to the voice; /better teaches it" if promoted else "talk to the base model with the style's guide"
    change = f"rollback {style}   take it back" if promoted else f"promote {style}@{finished.voice} --reason TEXT"
    say(f"  brandvoice --workspace {folder} chat {style}        {spoken}")
    say(f"  brandvoice --workspace {folder} voices list")
    say(f"  brandvoice --workspace {folder} voices {change}")
    say(f"  open {workspace.rounds_folder / finished.id / 'report.html'}")


def _workspace(folder: Path, *, style: str, quick: bool) -> Workspace:
    """A fresh demo workspace; an earlier demo's is replaced, anything else is left alone."""
    marker = folder / ".demo"
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise SettingsError(f"{folder} is not empty and not an earlier demo. Name another folder: brandvoice demo DIR")
    shutil.rmtree(folder, ignore_errors=True)
    create_workspace(folder)
    marker.touch()
    recipe = "quick" if quick else "default"
    with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS.format(style=style, recipe=recipe))
    if quick:
        (folder / "recipes").mkdir()
        (folder / "recipes" / "quick.toml").write_text(_QUICK, encoding="utf-8")
    for brand in BRANDS:
        (folder / "styles" / f"{brand}.toml").write_text(
            _data(f"{brand}.toml").read_text(encoding="utf-8"), encoding="utf-8"
        )
    return Workspace(folder.resolve())


def _import(workspace: Workspace) -> None:
    """Harbor's conversations come as OpenAI JSONL, Volt's as a Slack export with the crew named as speaker."""
    importers = load_plugins().list("importers")
    with workspace.open_store() as store:
        for brand, file, speakers in (("harbor", "harbor.jsonl", ()), ("volt", "volt_slack.zip", ("volt-crew",))):
            with resources.as_file(_data(file)) as path:
                intake = import_path(
                    path,
                    store=store,
                    importers=importers,
                    style=brand,
                    basis="own-content",
                    speakers=speakers,
                    owner="the demo",
                )
            for line in intake.lines():
                say(line)


def _data(name: str) -> Path:
    return Path(str(resources.files("brandvoice") / _DATA / name))


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} minutes"
