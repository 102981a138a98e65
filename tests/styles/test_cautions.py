"""What a curator is told before anything is trained on a dataset version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from styles.cautions import cautions
from styles.dataset import save_dataset
from styles.dataset_manifest import Manifest
from tests.styles.material import DAY, conversation, curated, distinct


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Of 40 conversations, 30 that give one reply."""
    talks = [*distinct(10), *(conversation(f"k{i}", f"u: is it {i}?", "a: Kindly wait.") for i in range(30))]
    made = save_dataset(curated(talks), style="harbor", data_dir=tmp_path_factory.mktemp("data"), now=DAY)
    return made.manifest


def test_a_small_set_that_lost_most_of_what_came_in_is_told_so(manifest: Manifest) -> None:
    small, few, lost = cautions(manifest)
    assert small.startswith(f"Only {manifest.train['examples']} to train on")
    assert few.startswith(f"Only {manifest.holdout['examples']} held out")
    assert lost.startswith("68% of what came in was left out, most of it as canned-reply (27).")
    assert lost.endswith("brandvoice datasets rows harbor --part left-out --reason canned-reply")


def test_one_speaker_of_most_examples_is_named(manifest: Manifest) -> None:
    assert not [line for line in cautions(manifest) if "speaker" in line]
    told = cautions(replace(manifest, speakers={"": 20, "person-1": 60, "person-2": 20}))
    assert told[-1] == "60% of the examples are by one speaker (person-1): the voice will be theirs."
    assert not [line for line in cautions(replace(manifest, speakers={"": 60, "person-1": 40})) if "speaker" in line]


def test_a_large_set_that_kept_most_has_none(manifest: Manifest) -> None:
    large = replace(manifest, train={"examples": 2000}, holdout={"examples": 300}, dropped={"template": 3})
    assert cautions(large) == []


def test_what_was_not_chosen_is_not_lost(manifest: Manifest) -> None:
    large = replace(manifest, train={"examples": 2000}, holdout={"examples": 300}, dropped={"not-chosen": 38})
    assert cautions(large) == []
