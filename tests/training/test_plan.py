from dataclasses import replace
from pathlib import Path

import pytest

from conversations.errors import NotFound, SettingsError
from training.plan import Machine, Plan, make_plan
from training.recipe import Recipe, load_recipe, parse_recipe

CPU = Machine("cpu", "bfloat16", 2)


def plan(recipe: Recipe, *, examples: int = 200, length: int = 80, parameters: int = 6_500_000) -> Plan:
    return make_plan(
        recipe,
        lengths=[length] * examples,
        target_tokens=examples * 30,
        parameters=parameters,
        machine=CPU,
        base_digest="b",
        data="d",
    )


def test_the_shipped_recipe_is_valid_and_leaves_the_numbers_to_the_plan() -> None:
    made = plan(load_recipe("default"))
    assert (made.epochs, made.examples_per_step, made.steps) == (5, 8, 125)
    assert made.batch * made.accumulation == made.examples_per_step


@pytest.mark.parametrize(("examples", "epochs", "per_step"), [(100, 5, 8), (1000, 3, 16), (5000, 2, 32)])
def test_larger_sets_get_fewer_passes_and_more_examples_a_step(examples: int, epochs: int, per_step: int) -> None:
    made = plan(Recipe(name="r"), examples=examples)
    assert (made.epochs, made.examples_per_step) == (epochs, per_step)


@pytest.mark.parametrize(("parameters", "rate"), [(6_500_000, 3e-3), (4_000_000_000, 2e-4), (32_000_000_000, 1e-4)])
def test_the_learning_rate_follows_the_size_of_the_base_model(parameters: int, rate: float) -> None:
    assert plan(Recipe(name="r"), parameters=parameters).learning_rate == rate


def test_what_the_recipe_says_is_not_worked_out() -> None:
    made = plan(Recipe(name="r", epochs=2, learning_rate=1e-4, examples_per_step=10))
    assert (made.epochs, made.learning_rate, made.examples_per_step, made.steps) == (2, 1e-4, 10, 40)


def test_long_examples_go_in_smaller_batches() -> None:
    made = plan(Recipe(name="r"), length=900)
    assert (made.batch, made.accumulation) == (2, 4)


def test_the_hash_of_a_plan_changes_with_anything_that_changes_the_voice() -> None:
    made = plan(Recipe(name="r"))
    assert made.hash == plan(Recipe(name="r")).hash
    for change in ({"seed": 1}, {"learning_rate": 1e-3}, {"data": "other"}, {"machine": replace(CPU, threads=1)}):
        assert replace(made, **change).hash != made.hash  # type: ignore[arg-type]


def test_a_recipe_with_faults_names_them_all() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_recipe('name = "x"\nepochs = "many"\nspeed = 3\n[lora]\nrank = 0\n', where="x.toml")
    assert all(key in str(refused.value) for key in ("epochs", "speed: is not a known key", "lora.rank"))


def test_a_recipe_of_the_workspace_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text('name = "default"\nepochs = 1\n')
    assert load_recipe("default", folder=tmp_path).epochs == 1
    with pytest.raises(NotFound, match="Known recipes: default"):
        load_recipe("nix", folder=tmp_path)
    with pytest.raises(NotFound):
        load_recipe("../secret", folder=tmp_path)
