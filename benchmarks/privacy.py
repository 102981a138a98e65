"""Privacy: recall and precision on planted values and look-alikes, and messages a second. `[MESSAGES]`."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks._private_values import Case, look_alikes, planted
from conversations.privacy import find_private
from conversations.roster import Roster

SEED = 7  # the rules were written by looking at what seed 2026 makes
LOOK_ALIKES = 1_500
CLEAN = (
    "Hi there, I ordered the blue one two weeks ago and it still has not come, can you have a look please?",
    "Sure thing! It left our harbour on Monday and should be with you by the end of the week.",
    "Thanks a lot, that was quick. Do you also have it in a larger size, maybe 44 or 46?",
    "We do, both of them. The order 20391 ships for free from 50 euros on.",
)


@dataclass(slots=True)
class Row:
    """One kind: how many were planted, hidden entirely, hidden as another kind, and flagged where nothing was."""

    planted: int = 0
    hidden: int = 0
    as_other: int = 0
    false: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hidden / self.planted if self.planted else float("nan")

    @property
    def precision(self) -> float:
        found = self.hidden + self.false
        return self.hidden / found if found else float("nan")


def measure(seed: int = SEED, *, count: int = LOOK_ALIKES) -> tuple[dict[str, Row], list[tuple[str, str]]]:
    """The table by kind, and the look-alikes that were flagged."""
    cases, people = planted(seed)
    roster = Roster.of(people)
    rows: defaultdict[str, Row] = defaultdict(Row)
    for case in cases:
        _judge(case, rows[case.kind], roster)
    flagged: list[tuple[str, str]] = []
    for text in look_alikes(seed, count):
        for finding in find_private(text, roster=roster):
            rows[finding.kind].false += 1
            flagged.append((f"{finding.kind} {finding.rule}", text))
    return dict(rows), flagged


def _judge(case: Case, row: Row, roster: Roster) -> None:
    row.planted += 1
    start = case.text.index(case.value)
    hidden, kinds = set[int](), set[str]()
    for finding in find_private(case.text, roster=roster):
        hidden.update(range(finding.start, finding.end))
        kinds.add(finding.kind)
    left = [i for i in range(start, start + len(case.value)) if i not in hidden and case.text[i].isalnum()]
    if left:
        row.missed.append(case.text)
        return
    row.hidden += 1
    row.as_other += case.kind.partition(",")[0] not in kinds


def _speed(messages: int) -> None:
    cases, people = planted(SEED)
    roster = Roster.of(people)
    for name, texts in (("clean chat", CLEAN), ("every message with a private value", [c.text for c in cases])):
        batch = [texts[i % len(texts)] + f" ({i})" for i in range(messages)]
        began = time.process_time()
        found = Counter(finding.kind for text in batch for finding in find_private(text, roster=roster))
        took = time.process_time() - began
        print(f"{name}: {messages / took:,.0f} messages a second of one core ({sum(found.values())} findings)")


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 20_000
    rows, flagged = measure()
    print(f"{sum(row.planted for row in rows.values())} planted values, {LOOK_ALIKES} look-alikes\n")
    print(f"{'kind':26} {'planted':>7} {'recall':>8} {'as other':>8} {'false':>6} {'precision':>9}")
    for kind, row in sorted(rows.items()):
        told = f"{kind:26} {row.planted:7} {row.recall:8.1%} {row.as_other:8} {row.false:6}"
        print(told + ("" if "," in kind else f" {row.precision:9.1%}"))
    false = sum(row.false for row in rows.values())
    print(f"\nlook-alikes with any flag: {len({text for _, text in flagged})} of {LOOK_ALIKES}; {false} flags")
    if "-v" in sys.argv:
        for kind, row in sorted(rows.items()):
            for text in row.missed:
                print("missed", kind, repr(text))
        for rule, text in flagged:
            print("false", rule, repr(text))
    _speed(messages)


if __name__ == "__main__":
    main()
