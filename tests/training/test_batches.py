import random

from hypothesis import given
from hypothesis import strategies as st

from styles.rendering import IGNORED
from training.batches import LengthBuckets, pad


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(1, 16), st.integers(0, 3))
def test_every_example_comes_exactly_once_an_epoch(lengths: list[int], size: int, epoch: int) -> None:
    buckets = LengthBuckets(lengths, size=size, seed=7)
    buckets.set_epoch(epoch)
    assert sorted(buckets) == list(range(len(lengths)))


def test_the_order_depends_on_the_epoch_and_on_nothing_else() -> None:
    one, other = (LengthBuckets(list(range(40)), size=8, seed=1) for _ in range(2))
    assert list(one) == list(other)
    one.set_epoch(1)
    assert list(one) != list(other)


def test_small_sets_waste_little_on_padding() -> None:
    choice = random.Random(0)
    lengths = [choice.randint(20, 230) for _ in range(48)]
    order = list(LengthBuckets(lengths, size=8, seed=0))
    steps = [[lengths[i] for i in order[k : k + 8]] for k in range(0, 48, 8)]
    padded = sum(max(step) * len(step) for step in steps)
    assert padded < 1.25 * sum(lengths)  # in shuffled order it is about 1.7 times


def test_rows_are_padded_on_the_right_without_labels() -> None:
    batch = pad([{"input_ids": [1, 2, 3], "labels": [IGNORED, 2, 3]}, {"input_ids": [4], "labels": [4]}], pad_token=9)
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 9, 9]]
    assert batch["labels"].tolist() == [[IGNORED, 2, 3], [4, IGNORED, IGNORED]]
