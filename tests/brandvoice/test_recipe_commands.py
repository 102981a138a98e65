"""Recipes of other trainers through the command line: written once, readable, nothing lost silently."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from brandvoice.cli import app
from brandvoice.initial import create_workspace
from conversations.errors import SettingsError
from training.recipe import load_recipe

AXOLOTL = "base_model: some/model\nlora_r: 32\nnum_epochs: 3\nlearning_rate: 2e-4\ncolour: red\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_workspace(tmp_path / "work")
    (tmp_path / "mine.yml").write_text(AXOLOTL)
    return tmp_path


def recipes(folder: Path, *words: str) -> Result:
    arguments = ["--workspace", str(folder / "work"), "recipes", *words]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_an_imported_recipe_is_a_file_that_loads_to_the_same_numbers(folder: Path) -> None:
    done = recipes(folder, "import", str(folder / "mine.yml"))
    assert done.exit_code == 0
    recipe = load_recipe("mine", folder=folder / "work" / "recipes")
    assert (recipe.lora.rank, recipe.epochs, recipe.learning_rate) == (32, 3, 2e-4)
    assert 'base = "some/model"' in done.stdout
    assert "colour" in done.stdout


def test_what_is_left_out_is_in_the_json_with_its_reason(folder: Path) -> None:
    told = json.loads(recipes(folder, "import", str(folder / "mine.yml"), "--json").stdout)
    assert told["left_out"] == {"colour": "brandvoice has no such setting"}


def test_a_recipe_is_not_overwritten_unasked(folder: Path) -> None:
    recipes(folder, "import", str(folder / "mine.yml"))
    with pytest.raises(SettingsError, match="exists already"):
        recipes(folder, "import", str(folder / "mine.yml"))
    assert recipes(folder, "import", str(folder / "mine.yml"), "--force").exit_code == 0


@pytest.mark.parametrize("name", ["../outside", "a b", ""])
def test_a_name_that_is_no_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a recipe"):
        recipes(folder, "import", str(folder / "mine.yml"), "--name", name or " ")


def test_the_list_has_the_shipped_and_the_imported(folder: Path) -> None:
    recipes(folder, "import", str(folder / "mine.yml"))
    names = [row["recipe"] for row in json.loads(recipes(folder, "list", "--json").stdout)]
    assert {"default", "mine"} <= set(names)
    assert json.loads(recipes(folder, "show", "mine", "--json").stdout)["epochs"] == 3
