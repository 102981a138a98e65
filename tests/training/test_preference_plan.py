from __future__ import annotations

from typing import Any

import pytest

from training.plan import Machine
from training.preference_plan import Kind, PreferencePlan, Supply, balance, choose, make_preference_plan
from training.recipe import Method, Prefer, Recipe, load_recipe

PREFER = Prefer()
CPU = Machine("cpu", "float32", 1)


@pytest.mark.parametrize(
    ("method", "supply", "kinds"),
    [
        ("auto", Supply(), ()),
        ("auto", Supply(pairs=24), ("dpo",)),
        ("auto", Supply(pairs=23, up=24, down=24), ("kto",)),
        ("auto", Supply(pairs=24, up=24, down=24), ("kto", "dpo")),
        ("auto", Supply(up=500, down=23), ()),
        ("auto", Supply(down=500), ()),
        ("sft", Supply(pairs=500, up=500, down=500), ()),
        ("sft+dpo", Supply(pairs=500, up=500, down=500), ("dpo",)),
        ("sft+kto", Supply(pairs=500, up=23, down=500), ()),
    ],
)
def test_a_method_comes_to_what_the_data_can_carry(method: Method, supply: Supply, kinds: tuple[Kind, ...]) -> None:
    choice = choose(method, supply, PREFER)
    assert choice.kinds == kinds
    assert choice.words.startswith(" then ".join(["SFT", *map(str.upper, kinds)]))


def test_the_reason_names_the_numbers_and_what_is_needed() -> None:
    words = choose("auto", Supply(pairs=3, up=9, down=40), PREFER).words
    assert words == (
        "SFT: 9 replies with thumbs up and 40 with thumbs down are too few for KTO (24 of each needed); "
        "3 pairs of a better and a worse reply are too few for DPO (24 needed)."
    )


def test_the_shipped_recipes_ask_for_what_the_data_can_carry_or_for_nothing() -> None:
    assert load_recipe("default").method == "auto"
    assert load_recipe("sft").method == "sft"


@pytest.mark.parametrize(("wanted", "unwanted"), [(100.0, 10.0), (10.0, 100.0), (7.5, 7.5)])
def test_both_sides_weigh_alike_however_many_votes_there_are(wanted: float, unwanted: float) -> None:
    desirable, undesirable = balance(wanted, unwanted, ratio=1.15)
    assert desirable * wanted / (undesirable * unwanted) == pytest.approx(1.15, rel=1e-4)
    assert max(desirable, undesirable) == 1.0


def plan(kind: Kind = "kto", *, rows: int = 100, **more: Any) -> PreferencePlan:
    settings: dict[str, Any] = {
        "lengths": [30] * rows,
        "wanted": [1.0] * (rows // 2),
        "unwanted": [1.0] * (rows - rows // 2),
        "left_out": 0,
        "parameters": 8_000_000_000,
        "machine": CPU,
        "base_digest": "b",
        "start": "s",
        "data": "d",
    }
    return make_preference_plan(Recipe(name="x"), kind, **(settings | more))


def test_the_numbers_are_those_of_lora_and_small_bases_learn_faster() -> None:
    assert (plan("dpo").learning_rate, plan("kto").learning_rate) == (1e-5, 2e-5)
    assert plan("dpo", parameters=10_000_000).learning_rate > plan("dpo").learning_rate
    assert (plan().batch, plan().accumulation, plan().steps) == (8, 1, 13)
    assert plan(rows=600).rows_per_step == 16


def test_long_rows_come_in_smaller_batches() -> None:
    assert [plan("dpo", lengths=[n] * 100).batch for n in (200, 600, 3000)] == [8, 2, 1]
    assert [plan("kto", lengths=[n] * 100).batch for n in (200, 600, 3000)] == [8, 4, 4]
    assert plan("dpo", lengths=[600] * 100, machine=Machine("cuda", "bfloat16", 1)).batch == 8


@pytest.mark.parametrize("halvings", [0, 1, 2, 3, 9])
def test_less_memory_means_smaller_batches_and_the_same_steps(halvings: int) -> None:
    whole, halved = plan(), plan(halvings=halvings)
    assert halved.batch == max(2, 8 // 2**halvings)  # KTO compares the rows of a batch with each other
    assert (halved.batch * halved.accumulation, halved.steps) == (whole.rows_per_step, whole.steps)


def test_equal_plans_have_equal_hashes_and_any_number_changes_them() -> None:
    assert plan().hash == plan().hash
    assert len({plan(**change).hash for change in ({}, {"start": "t"}, {"data": "e"}, {"rows": 99})}) == 4


def test_the_plan_is_readable() -> None:
    assert plan().lines() == [
        "KTO on 100 voted replies, 50 wanted, 3,000 tokens",
        "1 epochs, 13 steps, 8 rows a step",
        "learning rate 2e-05, cosine, beta 0.1, weights 1 for wanted, 0.869565 for unwanted",
        "cpu, float32, 1 threads, seed 0, about 33.1 GiB",
    ]
