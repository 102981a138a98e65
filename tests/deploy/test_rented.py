"""Trainings elsewhere: the SkyPilot task keeps to what its reference documents, the notebook to our own commands."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer.main
import yaml

from brandvoice.cli import app
from brandvoice.rented import expect_here, sky_task, sky_yaml
from conversations.errors import SettingsError
from training.recipe import Cloud, Recipe

DEPLOY = Path(__file__).parents[2] / "deploy"
# https://docs.skypilot.co/en/latest/reference/yaml-spec.html: the fields that we use, and their kinds
TASK = {"name": str, "workdir": str, "resources": dict, "secrets": dict, "file_mounts": dict, "setup": str, "run": str}
RESOURCES = {"accelerators": str, "use_spot": bool, "disk_size": int, "infra": str}


def written(cloud: Cloud) -> dict[str, Any]:
    return dict(yaml.safe_load(sky_yaml(sky_task(cloud, style="acme", recipe="large"))))


@pytest.mark.parametrize("cloud", [Cloud(), Cloud(gpus="H100:8", infra="k8s", bucket="s3://voices", spot=False)])
def test_a_task_has_only_fields_that_skypilot_documents(cloud: Cloud) -> None:
    task = written(cloud)
    assert all(isinstance(value, TASK[field]) for field, value in task.items())
    assert all(isinstance(value, RESOURCES[field]) for field, value in task["resources"].items())
    assert task["resources"]["accelerators"] == cloud.gpus
    assert "brandvoice rounds resume || brandvoice train acme --recipe large" in task["run"]


def test_a_bucket_keeps_what_a_machine_that_is_taken_away_had_done() -> None:
    task = written(Cloud(bucket="s3://voices"))
    assert task["file_mounts"] == {"/bucket": {"source": "s3://voices", "mode": "MOUNT"}}
    assert task["run"].index("cp -a /bucket/data/. data/") < task["run"].index("brandvoice train")
    assert "/bucket" not in written(Cloud())["run"]


def test_no_secret_is_written_into_a_task() -> None:
    assert written(Cloud())["secrets"] == {"HF_TOKEN": None}


def test_a_recipe_for_a_rented_machine_is_not_trained_here(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(name="large", launch="skypilot")
    with pytest.raises(SettingsError, match="brandvoice recipes launch acme --recipe large"):
        expect_here(recipe, style="acme")
    monkeypatch.setenv("SKYPILOT_TASK_ID", "sky-1")
    expect_here(recipe, style="acme")


def test_the_notebook_is_valid_and_every_command_in_it_is_one_of_ours() -> None:
    text = (DEPLOY / "train.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    lines = [line for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("!brandvoice")]
    assert len(commands) >= 6
    for words in commands:
        parse(words)
    assert "outputs" in json.loads(text)["cells"][1]


def parse(words: list[str]) -> None:
    """Find the command and let it read its arguments; nothing is run."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("brandvoice", ["--help"], resilient_parsing=True)
    while hasattr(command, "commands"):
        command = command.commands[words[0]]
        words = words[1:]
    command.make_context(command.name, [re.sub(r"\.jsonl$", "", w) for w in words], parent=context)
