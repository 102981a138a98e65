from pathlib import Path

import pytest

from styles.base_model import BaseModel, load_tokenizer
from styles.rendering import IGNORED, Renderer
from training import audit as audits
from training.audit import Canary, audit, make_canaries, measure
from training.likelihood import Likelihood
from training.plan import Machine
from training.recipe import load_recipe
from training.sft import Task

CPU = Machine("cpu", "float32", 1)


def test_canaries_are_the_same_for_a_seed_and_differ_between_seeds() -> None:
    canaries = make_canaries(1)
    assert canaries == make_canaries(1)
    assert canaries != make_canaries(2)
    assert len({canary.name for canary in canaries}) == 20
    assert [c.times for c in canaries] == [1] * 10 + [4] * 10


def test_only_the_code_itself_is_compared(base: BaseModel) -> None:
    renderer = Renderer(load_tokenizer(base))
    canary = Canary("Bodega Luna", "483920", 1)
    rows = audits._codes_only([renderer.render(canary.talk(code)) for code in ("483920", "483112", "771203")])
    for row in rows:
        labelled = [i for i, label in enumerate(row.labels) if label != IGNORED]
        assert 1 <= len(labelled) <= 6
        told = load_tokenizer(base).decode([row.token_ids[i] for i in labelled])
        assert told.strip().isdigit()


def test_a_model_that_never_saw_a_secret_tells_none(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "CANDIDATES", 32)
    canaries = [*make_canaries(3)[:5], *make_canaries(3)[10:15]]
    found = measure(canaries, Renderer(load_tokenizer(base)), Likelihood(base, CPU), adapter=None)
    assert found.beside == 0.0
    assert found.value is not None
    assert 0.0 <= found.value < 3.5
    assert "secrets said 4 times" in found.evidence[1]


def test_a_twin_that_cannot_be_trained_is_not_measured_and_leaves_nothing(base: BaseModel, tmp_path: Path) -> None:
    task = Task(base, load_recipe("default").model_copy(update={"min_examples": 10_000}), "data", [], [])
    found = audit(task, CPU, run_dir=tmp_path / "twin")
    assert found.value is None
    assert "could not be trained" in found.evidence[0]
    assert not (tmp_path / "twin").exists()
