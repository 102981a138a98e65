"""A sweep: short runs over learning rate, rank and epochs, searched with Optuna under a budget."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversations.errors import TrainingRefused, TrainingStopped
from training.progress import Progress
from training.recipe import Limits, Lora, Recipe
from training.sft import Task, Trained, prepare, train

if TYPE_CHECKING:
    from training.plan import Machine

RANKS = (8, 16, 32)
EPOCHS = (1, 8)
MULTIPLIERS = (0.2, 5.0)  # times the learning rate that the plan works out
FIRST_AT_RANDOM = 5  # trials before the search leans on what it has seen
HELD_OUT = 8  # conversations below which a holdout loss says nothing
SUMMARY, JOURNAL = "sweep.json", "trials.log"


@dataclass(frozen=True, slots=True)
class Trial:
    """One short run: what it tried, and the lowest holdout loss that it reached."""

    number: int
    state: str  # ended, pruned (worse than most at its epoch), unfinished (out of time) or failed
    learning_rate_multiplier: float
    rank: int
    epochs: int
    holdout_loss: float | None = None
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """All trials so far; the first is the recipe as it stands, so the best is never worse than that."""

    recipe: Recipe
    trials: tuple[Trial, ...]
    weights: Mapping[str, float]  # how much of the differences in loss each number explains

    @property
    def best(self) -> Trial | None:
        ended = [t for t in self.trials if t.state == "ended" and t.holdout_loss is not None]
        return min(ended, key=lambda t: t.holdout_loss or 0.0, default=None)

    def winner(self, name: str) -> Recipe:
        """The recipe with the numbers of the best trial."""
        if self.best is None:
            raise TrainingRefused("No trial came to its end. Give the sweep more --minutes.")
        return with_numbers(self.recipe, self.best).model_copy(update={"name": name})

    @property
    def words(self) -> str:
        """The winner explained."""
        best, own = self.best, self.trials[0] if self.trials else None
        if best is None or best.holdout_loss is None:
            return "No trial came to its end, so there is no winner."
        ended = sum(t.state == "ended" for t in self.trials)
        said = f"Trial {best.number} is best of {ended} that ended ({len(self.trials) - ended} were cut short): "
        said += (
            f"holdout loss {best.holdout_loss:.3f} with the learning rate times {best.learning_rate_multiplier:.2f}, "
        )
        said += f"rank {best.rank} and {best.epochs} epochs."
        if own and own.holdout_loss is not None and best is not own:
            gain = 1 - best.holdout_loss / own.holdout_loss
            said += f" That is {gain:.1%} below the recipe as it stands ({own.holdout_loss:.3f})."
        elif best is own:
            said += " That is the recipe as it stands: nothing that was tried is better."
        if self.weights:
            most = max(self.weights, key=lambda name: self.weights[name])
            said += f" What made most of the difference: {most.replace('_', ' ')} ({self.weights[most]:.0%})."
        return said


def with_numbers(recipe: Recipe, trial: Trial) -> Recipe:
    lora = Lora(rank=trial.rank, alpha=2 * trial.rank, targets=recipe.lora.targets)
    multiplier = float(f"{recipe.learning_rate_multiplier * trial.learning_rate_multiplier:.3g}")
    numbers = {"lora": lora, "epochs": trial.epochs, "learning_rate_multiplier": multiplier}
    return recipe.model_copy(update=numbers)


def run_sweep(
    task: Task,
    machine: Machine,
    *,
    folder: Path,
    trials: int,
    minutes: float,
    tell: Callable[[Trial], None] = lambda trial: None,
) -> Sweep:
    """Try until there are so many trials or the minutes are over; goes on with a sweep that was begun in `folder`.

    A trial that a kill cut short goes on from its checkpoint.
    """
    _expect(task)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    study = _study(folder, task, machine)
    ends = time.monotonic() + 60 * minutes
    while len(_done(study)) < trials and time.monotonic() < ends:
        trial = _try(study, task, machine, folder=folder, seconds=ends - time.monotonic())
        tell(trial)
        save_sweep(_sweep(study, task.recipe), folder)
    return _sweep(study, task.recipe)


def save_sweep(sweep: Sweep, folder: Path) -> None:
    part = folder / f"{SUMMARY}.part"
    facts = {"words": sweep.words, "trials": [asdict(t) for t in sweep.trials], "weights": dict(sweep.weights)}
    part.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    part.replace(folder / SUMMARY)


def _expect(task: Task) -> None:
    if find_spec("optuna") is None:
        raise TrainingRefused('A sweep needs Optuna. Install it: pip install "brandvoice[sweeps]"')
    if len(task.holdout) < HELD_OUT:
        raise TrainingRefused(
            f"{len(task.holdout)} conversations are held out; a sweep compares the loss on at least {HELD_OUT}."
        )


def _study(folder: Path, task: Task, machine: Machine) -> Any:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
        study_name="sweep",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=task.recipe.seed, n_startup_trials=FIRST_AT_RANDOM),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1),
    )
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):  # killed
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.set_user_attr(f"killed {trial.number}", True)
        study.enqueue_trial(trial.params)
    if not study.trials:
        plan = prepare(task, machine).plan
        rank = min(RANKS, key=lambda r: abs(r - plan.lora_rank))
        study.enqueue_trial({"learning_rate": 1.0, "rank": rank, "epochs": min(plan.epochs, EPOCHS[1])})
    return study


def _try(study: Any, task: Task, machine: Machine, *, folder: Path, seconds: float) -> Trial:
    import optuna

    asked = study.ask()
    tried = Trial(
        asked.number,
        "ended",
        asked.suggest_float("learning_rate", *MULTIPLIERS, log=True),
        asked.suggest_categorical("rank", RANKS),
        asked.suggest_int("epochs", *EPOCHS),
    )
    run_dir = folder / f"trial-{tried.learning_rate_multiplier:.4g}-{tried.rank}-{tried.epochs}"
    began = time.monotonic()
    state, value, reason = optuna.trial.TrialState.COMPLETE, None, ""
    try:
        value = _run(tried, asked, task, machine, run_dir=run_dir, seconds=seconds)
    except optuna.TrialPruned:
        state = optuna.trial.TrialState.PRUNED
    except TrainingStopped:
        raise
    except (TrainingRefused, RuntimeError, MemoryError) as error:
        reason = str(error)
    if value is None and state is optuna.trial.TrialState.COMPLETE:
        state = optuna.trial.TrialState.FAIL
        asked.set_user_attr("reason", reason or "The minutes of the sweep were over.")
    asked.set_user_attr("seconds", round(time.monotonic() - began, 1))
    study.tell(asked, value, state=state)
    _forget_weights(run_dir)
    return _trial(study.trials[asked.number])


def _run(tried: Trial, asked: Any, task: Task, machine: Machine, *, run_dir: Path, seconds: float) -> float | None:
    """The lowest holdout loss of the trial; None where time ran out before its end."""
    recipe = with_numbers(task.recipe, tried)
    recipe = recipe.model_copy(update={"limits": Limits(minutes=max(0.01, seconds / 60)), "method": "sft"})
    prepared = prepare(replace(task, recipe=recipe), machine)
    trained = train(prepared, run_dir=run_dir, watch=_pruning(asked))
    return _loss(trained)


def _pruning(asked: Any) -> Callable[[Progress], None]:
    import optuna

    def watch(progress: Progress) -> None:
        if progress.holdout_loss is None:
            return
        asked.report(progress.holdout_loss, step=round(progress.epoch))
        if asked.should_prune():
            raise optuna.TrialPruned

    return watch


def _loss(trained: Trained) -> float | None:
    return None if trained.out_of_time else trained.holdout_loss


def _forget_weights(run_dir: Path) -> None:
    """Only the curve stays: a trial is no voice."""
    for path in run_dir.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def _done(study: Any) -> list[Any]:
    """Trials that are over; one that was killed counts once, as the trial that goes on with it."""
    found = study.get_trials(deepcopy=False)
    return [t for t in found if t.state.is_finished() and f"killed {t.number}" not in study.user_attrs]


def _sweep(study: Any, recipe: Recipe) -> Sweep:
    trials = tuple(_trial(t) for t in _done(study))
    return Sweep(recipe, trials, _weights(study))


_STATES = {"COMPLETE": "ended", "PRUNED": "pruned"}


def _trial(found: Any) -> Trial:
    lowest = min(found.intermediate_values.values(), default=None)
    reason = str(found.user_attrs.get("reason", ""))
    failed = "unfinished" if "minutes" in reason else "failed"
    return Trial(
        found.number,
        _STATES.get(found.state.name, failed),
        found.params["learning_rate"],
        found.params["rank"],
        found.params["epochs"],
        holdout_loss=found.value if found.value is not None else lowest,
        seconds=float(found.user_attrs.get("seconds", 0.0)),
        reason=reason,
    )


def _weights(study: Any) -> dict[str, float]:
    """What each number explains, by fANOVA; nothing where too few trials ended to tell."""
    import optuna

    ended = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(ended) < FIRST_AT_RANDOM or len({t.value for t in ended}) == 1:
        return {}
    return dict(optuna.importance.get_param_importances(study))
