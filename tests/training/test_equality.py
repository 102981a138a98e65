"""The whole path beside TRL's own trainer: the figures that the benchmark prints, at a small size."""

from pathlib import Path

import pytest

from benchmarks.equality import NEEDED, compare, leak, prepared_chats
from styles.base_model import BaseModel, find_base_model
from tests.tiny import save_tiny_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return find_base_model(str(save_tiny_base(tmp_path_factory.mktemp("base"))))


@pytest.mark.filterwarnings("ignore")  # TRL's and PEFT's own
def test_loss_and_every_gradient_equal_those_of_trls_trainer(base: BaseModel, tmp_path: Path) -> None:
    found = compare(base, prepared_chats(base, 4), tmp_path)
    assert found.gradients == 28
    assert found.loss < NEEDED
    assert found.gradient < NEEDED


def test_packed_rows_leak_nothing(base: BaseModel) -> None:
    assert leak(base, prepared_chats(base, 4)) == 0.0
