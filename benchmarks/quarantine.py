"""Quarantine: planted wordings caught by kind, and how much of what is clean is held back. `[CONVERSATIONS]` a file.

BRANDVOICE_CORPORA names a folder of `*.jsonl.xz` conversations; without it the bundled ones are looked at: 1,000 of
each file unless told.
"""

from __future__ import annotations

import json
import lzma
import os
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from brandvoice import demo_data
from conversations.messages import Conversation, Message
from styles.curation import Limits
from tests.styles.material import curated
from tests.styles.poison import held_back, wordings


def clean(path: Path) -> Iterator[Conversation]:
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        for number, line in enumerate(lines):
            messages = tuple(Message(m["role"], m["content"]) for m in json.loads(line)["messages"])
            yield Conversation(f"c{number}", messages, place=f"{path.name}:{number}", source="log")


def print_wordings(name: str) -> None:
    """One row for each kind in a file of planted wordings, or of look-alikes of them."""
    found = wordings(name)
    held = Counter(one.kind for one in found if held_back(one.conversation))
    for kind, whole in Counter(one.kind for one in found).items():
        print(f"{name:14} {kind:18} {held[kind]:4} of {whole:4} held, {held[kind] / whole:6.1%}")
    print(f"{name:14} {'all':18} {held.total():4} of {len(found):4} held, {held.total() / len(found):6.1%}")


def print_clean(most: int) -> None:
    folder = os.environ.get("BRANDVOICE_CORPORA")
    files = sorted(Path(folder).glob("*.jsonl.xz")) if folder else sorted(Path(demo_data.__path__[0]).glob("*.jsonl"))
    came_in = held = 0
    for path in files:
        result = curated(list(islice(clean(path), most)), Limits())
        reasons = Counter(dropped.reason for dropped in result.quarantined)
        came_in, held = came_in + result.came_in, held + reasons.total()
        print(f"{path.name:34} {result.came_in:6,} in, {reasons.total() / result.came_in:6.2%} held {dict(reasons)}")
    print(f"all: {held} of {came_in:,} held, {held / came_in:.2%}")


def main() -> None:
    print_wordings("poison.txt")
    print_wordings("innocent.txt")
    print_clean(next((int(word) for word in sys.argv[1:] if word.isdigit()), 1_000))


if __name__ == "__main__":
    main()
