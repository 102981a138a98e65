import json
from pathlib import Path

from tests.training.test_plan import plan
from training.memory import Shape, activation_bytes, memory_gib, shape_of, wants_checkpointing
from training.recipe import Recipe

EIGHT = Shape(8_000_000_000, layers=36, hidden=4096, inner=12288, vocabulary=151_936)


def test_the_shape_is_what_the_base_model_declares(tmp_path: Path) -> None:
    said = {"num_hidden_layers": 36, "hidden_size": 4096, "intermediate_size": 12288, "vocab_size": 151_936}
    (tmp_path / "config.json").write_text(json.dumps(said))
    assert shape_of(tmp_path, parameters=8_000_000_000) == EIGHT
    (tmp_path / "config.json").write_text(json.dumps({"text_config": said}))
    assert shape_of(tmp_path, parameters=8_000_000_000) == EIGHT
    (tmp_path / "config.json").write_text("no json")
    guessed = shape_of(tmp_path, parameters=8_000_000_000)
    assert 2000 < guessed.hidden < 12000


def test_activations_are_computed_again_where_they_would_fill_the_memory() -> None:
    assert 4e6 < activation_bytes(EIGHT, width=2) < 10e6  # a token of an 8B model
    assert activation_bytes(EIGHT, width=2, checkpointing=True) < 0.15 * activation_bytes(EIGHT, width=2)
    assert wants_checkpointing(EIGHT, tokens=16_000, width=2, memory_gib=80)
    assert not wants_checkpointing(EIGHT, tokens=4_000, width=2, memory_gib=80)


def test_an_eight_billion_model_needs_its_weights_and_more() -> None:
    needed = memory_gib(plan(Recipe(name="r"), parameters=8_000_000_000), EIGHT)
    assert 16 < needed < 40
