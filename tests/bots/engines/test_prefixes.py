"""What is remembered of prompts: for whom, how much and how long."""

from __future__ import annotations

import pytest
import torch

from bots.engines.batching.cache import CacheShape, SlotCache, Snapshot
from bots.engines.batching.prefixes import IDLE_SECONDS, PrefixStore, Scope
from tests.bots.engines.models import resident_bytes

ANN, BOB = Scope("base", "", "ann"), Scope("base", "", "bob")
EVERYBODY = Scope("base", "", "")


def snapshot(length: int) -> Snapshot:
    return Snapshot(torch.zeros(1, 1, length, 4), torch.zeros(1, 1, length, 4))  # 32 bytes per token


def test_the_longest_common_beginning_is_found_and_one_token_is_left_to_compute() -> None:
    store = PrefixStore(10**6)
    store.keep(EVERYBODY, range(20), snapshot(20))
    store.keep(ANN, range(40), snapshot(40))
    assert store.longest([ANN, EVERYBODY], [*range(30), 99]).length == 30
    assert store.longest([ANN, EVERYBODY], range(40)).length == 39
    assert store.longest([BOB, EVERYBODY], range(40)).length == 20
    assert store.longest([ANN], [7, *range(40)]).length == 0


def test_a_beginning_that_is_too_short_is_not_worth_copying() -> None:
    store = PrefixStore(10**6)
    store.keep(ANN, range(20), snapshot(20))
    assert store.longest([ANN], [*range(10), 99, 98]).snapshot is None


def test_a_continued_conversation_replaces_its_earlier_turns() -> None:
    store = PrefixStore(10**6)
    store.keep(ANN, range(20), snapshot(20))
    store.keep(BOB, range(20), snapshot(20))
    store.keep(ANN, range(50), snapshot(50))
    assert len(store) == 2
    assert store.size == 70 * 32


def test_the_least_recently_used_goes_first() -> None:
    store = PrefixStore(32 * 60)
    for number, scope in enumerate((ANN, BOB)):
        store.keep(scope, range(number * 100, number * 100 + 30), snapshot(30))
    store.longest([ANN], range(30))
    store.keep(EVERYBODY, range(200, 220), snapshot(20))
    assert store.longest([ANN], range(30)).length == 29
    assert store.longest([BOB], range(100, 130)).length == 0
    store.keep(ANN, range(300, 400), snapshot(100))
    assert store.size <= 32 * 60, "what is larger than the limit is not kept at all"


def test_what_nobody_used_for_long_is_dropped() -> None:
    time = [0.0]
    store = PrefixStore(10**6, now=lambda: time[0])
    store.keep(ANN, range(30), snapshot(30))
    time[0] = IDLE_SECONDS + 1
    assert store.longest([ANN], range(30)).length == 0
    assert len(store) == store.size == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_snapshot_is_put_back_into_another_slot_as_it_was(dtype: torch.dtype) -> None:
    cache = SlotCache(CacheShape(2, 3, 4, dtype, torch.device("cpu")), slots=2, context=100)
    keys, values = cache.layer(1)
    keys[1, :, :10] = 1
    values[1, :, :10] = 2
    cache.restore(0, cache.snapshot(1, 10), length=8)
    assert keys[0, :, :8].eq(1).all()
    assert values[0, :, :8].eq(2).all()
    assert keys[0, :, 8:].eq(0).all()
    assert cache.untouched_layers() == [0]


def test_a_cache_takes_memory_only_for_what_is_said() -> None:
    before = resident_bytes()
    cache = SlotCache(CacheShape(8, 8, 64, torch.float32, torch.device("cpu")), slots=16, context=4096)
    keys, _ = cache.layer(0)
    keys[0, :, :100] = 1
    assert resident_bytes() - before < 50 * 2**20, "the whole cache would be 2 GiB"
