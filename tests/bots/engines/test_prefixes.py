"""What is remembered of prompts: for whom, how much and how long."""

from __future__ import annotations

import torch

from bots.engines.batching.cache import CacheShape, SlotCache, Snapshot
from bots.engines.batching.prefixes import IDLE_SECONDS, PrefixStore, Scope

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


def test_a_grown_cache_still_holds_what_it_held() -> None:
    cache = SlotCache(CacheShape(2, 3, 4, torch.float32, torch.device("cpu")), slots=2, context=2000)
    keys, values = cache.layer(1)
    keys[1, :, :10] = 1
    values[1, :, :10] = 2
    before = cache.snapshot(1, 10)
    cache.reserve(900)
    assert cache.capacity == 1024
    after = cache.snapshot(1, 10)
    assert torch.equal(before.keys, after.keys)
    assert torch.equal(before.values, after.values)
    cache.reserve(1900)
    assert cache.capacity == 2000
