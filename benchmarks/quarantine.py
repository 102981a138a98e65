"""Quarantine: how much of clean conversations is held back, file by file. `[CONVERSATIONS]` of each; 1,000 unless told.

BRANDVOICE_CORPORA names a folder of `*.jsonl.xz` conversations; without it the bundled ones are looked at.
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


def clean(path: Path) -> Iterator[Conversation]:
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        for number, line in enumerate(lines):
            messages = tuple(Message(m["role"], m["content"]) for m in json.loads(line)["messages"])
            yield Conversation(f"c{number}", messages, place=f"{path.name}:{number}", source="log")


def main() -> None:
    most = next((int(word) for word in sys.argv[1:] if word.isdigit()), 1_000)
    folder = os.environ.get("BRANDVOICE_CORPORA")
    files = sorted(Path(folder).glob("*.jsonl.xz")) if folder else sorted(Path(demo_data.__path__[0]).glob("*.jsonl"))
    came_in = held = 0
    for path in files:
        result = curated(list(islice(clean(path), most)), Limits())
        reasons = Counter(dropped.reason for dropped in result.quarantined)
        came_in, held = came_in + result.came_in, held + reasons.total()
        print(f"{path.name:34} {result.came_in:6,} in, {reasons.total() / result.came_in:6.2%} held {dict(reasons)}")
    print(f"all: {held} of {came_in:,} held, {held / came_in:.2%}")


if __name__ == "__main__":
    main()
