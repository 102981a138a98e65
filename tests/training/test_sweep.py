"""Sweeps: trials that share a budget, are pruned, go on after a kill, and never make a voice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conversations.errors import TrainingRefused
from styles.base_model import find_base_model
from tests.tiny import save_tiny_base
from tests.training.run_training import RECIPE
from tests.training.talks import TALKS
from training.plan import Machine
from training.recipe import Recipe
from training.sft import Task
from training.sweep import Sweep, Trial, run_sweep

CPU = Machine("cpu", "float32", 1)
pytest.importorskip("optuna", reason="optuna is not installed: pip install 'brandvoice[sweeps]'")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    base = find_base_model(str(save_tiny_base(tmp_path_factory.mktemp("base"))))
    return Task(base, RECIPE.model_copy(update={"epochs": 1}), "data", TALKS[:24], TALKS[40:])


def test_the_first_trial_is_the_recipe_and_the_best_is_never_worse(task: Task, tmp_path: Path) -> None:
    told: list[Trial] = []
    sweep = run_sweep(task, CPU, folder=tmp_path, trials=3, minutes=5, tell=told.append)
    assert list(sweep.trials) == told
    first, best = sweep.trials[0], sweep.best
    assert (first.learning_rate_multiplier, first.epochs, first.state) == (1.0, 1, "ended")
    assert best is not None
    assert best.holdout_loss <= first.holdout_loss  # type: ignore[operator]
    assert json.loads((tmp_path / "sweep.json").read_text())["words"] == sweep.words
    assert not list(tmp_path.rglob("*.safetensors"))
    recipe = sweep.winner("found")
    assert (recipe.name, recipe.epochs, recipe.lora.rank) == ("found", best.epochs, best.rank)
    assert recipe.lora.alpha == 2 * best.rank


def test_a_sweep_goes_on_where_it_was_and_tries_a_killed_trial_again(task: Task, tmp_path: Path) -> None:
    import optuna

    run_sweep(task, CPU, folder=tmp_path, trials=1, minutes=5)
    journal = optuna.storages.journal.JournalFileBackend(str(tmp_path / "trials.log"))
    study = optuna.load_study(study_name="sweep", storage=optuna.storages.JournalStorage(journal))
    study.enqueue_trial({"learning_rate": 2.0, "rank": 8, "epochs": 1})
    killed = study.ask()  # and never told what became of it
    killed.suggest_float("learning_rate", 0.2, 5.0, log=True)
    killed.suggest_categorical("rank", (8, 16, 32))
    killed.suggest_int("epochs", 1, 8)
    sweep = run_sweep(task, CPU, folder=tmp_path, trials=2, minutes=5)
    assert [t.number for t in sweep.trials] == [0, 2]
    assert (sweep.trials[1].learning_rate_multiplier, sweep.trials[1].rank) == (2.0, 8)


def test_a_sweep_ends_with_its_minutes(task: Task, tmp_path: Path) -> None:
    sweep = run_sweep(task, CPU, folder=tmp_path, trials=50, minutes=0.0001)
    assert len(sweep.trials) <= 1


def test_without_a_trial_that_ended_there_is_no_winner() -> None:
    sweep = Sweep(Recipe(name="r"), (Trial(0, "unfinished", 1.0, 16, 3, 2.0),), {})
    assert sweep.words == "No trial came to its end, so there is no winner."
    with pytest.raises(TrainingRefused, match="more --minutes"):
        sweep.winner("found")


def test_a_sweep_without_a_holdout_is_refused(task: Task, tmp_path: Path) -> None:
    with pytest.raises(TrainingRefused, match="3 conversations are held out"):
        run_sweep(replace(task, holdout=TALKS[:3]), CPU, folder=tmp_path, trials=1, minutes=1)


def test_the_winner_is_explained_in_words() -> None:
    trials = (
        Trial(0, "ended", 1.0, 16, 3, 2.0),
        Trial(1, "pruned", 4.0, 8, 3, 2.6),
        Trial(2, "ended", 2.0, 16, 5, 1.8),
    )
    words = Sweep(Recipe(name="r"), trials, {"learning_rate": 0.8, "epochs": 0.2}).words
    assert "Trial 2 is best of 2 that ended (1 were cut short): holdout loss 1.800" in words
    assert "10.0% below the recipe as it stands (2.000)" in words
    assert "learning rate (80%)" in words
    own = Sweep(Recipe(name="r"), trials[:2], {}).words
    assert "nothing that was tried is better" in own
