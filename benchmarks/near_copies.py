"""Near copies: how many planted ones are found, by the share of words that were edited, and what else is taken for one.

`[CONVERSATIONS]`, 2,000 unless told. BRANDVOICE_CORPORA names a folder of `*.jsonl.xz` conversations; without it the
bundled ones are used. Edits replace, add, drop and misspell words in equal parts. What is taken for a copy although
nobody planted it is often one all the same: corpora repeat themselves, so some of it is printed to read.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator, Sequence

from benchmarks.curation import pairs
from conversations.messages import Conversation, Message
from styles.curation import Limits, curate
from styles.steps import builtin_steps
from tests.styles.material import SOURCES

SHARES = (0.01, 0.05, 0.10, 0.15, 0.20)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def edited(turn: tuple[str, str], share: float, words: Sequence[str], draw: random.Random) -> tuple[str, str]:
    """The turn with this share of its words (one at least) replaced, added, dropped or misspelt."""
    sides = [text.split() for text in turn]
    for _ in range(max(1, round(share * sum(map(len, sides))))):
        (found,) = draw.choices(sides, weights=[len(side) for side in sides])
        _edit(found, draw.choice(words), draw)
    return " ".join(sides[0]), " ".join(sides[1])


def _edit(found: list[str], word: str, draw: random.Random) -> None:
    place, kind = draw.randrange(len(found)), draw.choice("radm")
    if kind == "a":
        found.insert(place, word)
    elif kind == "d" and len(found) > 2:
        del found[place]
    elif kind == "m" and len(found[place]) > 2:
        letter = draw.randrange(len(found[place]))
        found[place] = found[place][:letter] + draw.choice(LETTERS) + found[place][letter + 1 :]
    else:
        found[place] = word


def base(count: int) -> list[tuple[str, str]]:
    """Turns of 16 to 80 words from all over; of fewer than 12 nothing is said."""
    known = ((asked, said) for asked, said in pairs() if 16 <= len(f"{asked} {said}".split()) <= 80)
    return list(itertools.islice(known, count))


def talks(turns: Sequence[tuple[str, str]], prefix: str) -> Iterator[Conversation]:
    for number, (asked, said) in enumerate(turns):
        yield Conversation(f"{prefix}{number:06}", (Message("user", asked), Message("assistant", said)), "", "log")


def copies(conversations: Sequence[Conversation]) -> set[str]:
    """Ids of what is dropped as a near copy or a duplicate."""
    limits = Limits()
    needed = ("secrets", "privacy", "duplicates", "near copies")
    steps = [step for step in builtin_steps(limits) if step.name in needed]
    result = curate(conversations, limits, sources=SOURCES, steps=steps)
    return {dropped.id for dropped in result.dropped if dropped.step in needed[2:]}


def main() -> None:
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 2_000)
    draw = random.Random(3)
    turns = base(count)
    by_themselves = copies([*talks(turns, "a")])
    turns = [turn for number, turn in enumerate(turns) if f"a{number:06}" not in by_themselves]
    print(f"{count:,} conversations; {len(by_themselves)} of them are near copies by themselves and are left out")
    words = sorted({word for turn in turns for text in turn for word in text.split()})
    for share in SHARES:
        planted = [edited(turn, share, words, draw) for turn in turns]
        found = copies([*talks(turns, "a"), *talks(planted, "b")])
        hit = {name[1:] for name in found}  # either of the two may be the one that stays
        both = sum(f"a{name}" in found and f"b{name}" in found for name in hit)
        print(
            f"{share:4.0%} of the words edited: recall {len(hit) / len(turns):.3f}, "
            f"precision {(len(found) - both) / len(found):.3f}"
        )


if __name__ == "__main__":
    main()
