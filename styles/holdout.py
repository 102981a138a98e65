"""The frozen holdout: a conversation stays on its side in every version, and what would leak is left out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from conversations.errors import CurationRefused
from styles.curation import Curated
from styles.drafts import Dropped
from styles.examples import Example
from styles.fates import Records, StepCount
from styles.split import AUTHOR, Part, Split, bucket, leaks, split_examples, ties_of

STEP = "holdout"
LEAK = "leak"
SIDES = "sides.json"

Sides = dict[str, Part]
Known = Mapping[str, Part]  # by the digest of a conversation's id


def separate(curated: Curated, split: Split, known: Known) -> tuple[Curated, Sides]:
    """The side of each conversation, and the curation without the trained rows that repeat a held-out one."""
    sides = settle(curated.examples, split, known)
    repeated = leaks(curated.examples, sides)
    out = [_left_out(example, repeated[example.id]) for example in curated.examples if example.id in repeated]
    kept = tuple(example for example in curated.examples if example.id not in repeated)
    if all(sides[example.conversation_id] == "holdout" for example in kept):
        raise CurationRefused(
            f"Nothing is left to train on: of {len(curated.examples)} examples {len(kept)} are held out to measure "
            "with, as before, and the others repeat those. Import more conversations with different replies."
        )
    count = StepCount(STEP, len(curated.examples), 0, {LEAK: len(out)} if out else {})
    dropped = Records(len(curated.dropped) + len(out), lambda: chain(curated.dropped, out))
    return replace(curated, examples=kept, dropped=dropped, counts=(*curated.counts, count)), sides


def settle(examples: Sequence[Example], split: Split, known: Known) -> Sides:
    """Sides as `split_examples` has them, unless an earlier version had a conversation elsewhere: then as before.

    New conversations follow what they have in common with those before them. Only where fewer are left to hold out
    than there should be (others were erased), some that were trained on take their place.
    """
    fresh = split_examples(examples, split)
    fixed = {name: known[digest(name)] for name in fresh if digest(name) in known}
    if all(fresh[name] == side for name, side in fixed.items()):
        return fresh
    sides = _followed(fresh, fixed, ties_of(examples))
    for name in _lacking(sides, fresh, fixed, enough=min(split.at_least, len(fresh) // 4) or 1):
        sides[name] = "holdout"
    return sides


def _followed(fresh: Known, fixed: Known, ties: Mapping[str, set[str]]) -> Sides:
    stands: defaultdict[str, set[Part]] = defaultdict(set)
    for name, side in fixed.items():
        for key in ties[name]:
            stands[key].add(side)
    sides = dict(fixed)
    for name, keys in ties.items():
        if name not in fixed:
            sides[name] = _side(keys, stands, fresh[name])
            for key in keys:
                stands[key].add(sides[name])
    return sides


def _side(keys: set[str], stands: Mapping[str, set[Part]], otherwise: Part) -> Part:
    """Where its author stands; else where all stand that it has something in common with; else training."""
    for those in ([key for key in keys if key.startswith(AUTHOR)], keys):
        told = {side for key in those if key in stands for side in stands[key]}
        if len(told) == 1:
            return told.pop()
    return "train" if told else otherwise


def _lacking(sides: Known, fresh: Known, fixed: Known, *, enough: int) -> list[str]:
    held = sum(side == "holdout" for side in sides.values())
    spare = [name for name, side in fresh.items() if side == "holdout" and sides[name] == "train"]
    return sorted(spare, key=lambda name: (name in fixed, bucket(name)))[: max(0, enough - held)]


def _left_out(example: Example, held: str) -> Dropped:
    sentence = f"It repeats {held}, which is held out to measure with."
    return Dropped(STEP, LEAK, sentence, example.id, example.conversation_id, example.place)


def load_sides(root: Path) -> Known:
    """On which side conversations stood in versions of a style, also in those that are erased or deleted by now."""
    path = root / SIDES
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return dict(_sides_of(told["train"], "train")) | dict(_sides_of(told["holdout"], "holdout"))
    except (ValueError, KeyError, TypeError) as error:
        raise CurationRefused(
            f"{path} cannot be read: it tells what was held out so far. Put it back from a backup; without it, delete "
            "it, and what was trained on may be measured with."
        ) from error


def told_sides(known: Known, sides: Known) -> str:
    """The content of the file with what is known and these sides; it holds digests of ids, nothing else."""
    told = {**known, **{digest(name): side for name, side in sides.items()}}
    parted = {one: sorted(name for name, side in told.items() if side == one) for one in ("train", "holdout")}
    return json.dumps(parted, separators=(",", ":")) + "\n"


def digest(conversation: str) -> str:
    return hashlib.sha256(conversation.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sides_of(names: Sequence[str], side: Part) -> Iterator[tuple[str, Part]]:
    return ((name, side) for name in names)
