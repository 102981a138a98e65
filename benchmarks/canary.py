"""How often a canary decides wrongly, and on how many people it decides: `python -m benchmarks.canary [RUNS]`.

Every run is one trial, looked at after each tenth person who votes. What it must hardly ever do is promote
a candidate that is no better, or take back one that is no worse. The z-test beside it is looked at as often, as people
do who watch a dashboard.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from styles.sequential import Arm, Limits, judge_canary, wilson

RUNS = 200
PEOPLE = 1_200  # who vote in a trial
LOOK = 10
LIMITS = Limits(floor=0.3)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Shares of thumbs up, the share that hears the candidate, and how often each person votes."""

    name: str
    current: float
    candidate: float
    share: float = 0.5
    votes_each: int = 1


SCENARIOS = (
    Scenario("as good, half hears it", 0.7, 0.7),
    Scenario("as good, a tenth hears it", 0.7, 0.7, share=0.1),
    Scenario("as good and both are bad", 0.35, 0.35),
    Scenario("as good, 5 votes each, votes counted", 0.7, 0.7, votes_each=5),
    Scenario("as good, 5 votes each, people counted", 0.7, 0.7, votes_each=-5),
    Scenario("better by 0.10", 0.7, 0.8),
    Scenario("better by 0.15", 0.7, 0.85),
    Scenario("better by 0.15, a tenth hears it", 0.7, 0.85, share=0.1),
    Scenario("worse by 0.10", 0.7, 0.6),
    Scenario("worse by 0.20", 0.7, 0.5),
    Scenario("worse by 0.20, a tenth hears it", 0.7, 0.5, share=0.1),
    Scenario("below the floor, like the other", 0.15, 0.15),
)


def votes(scenario: Scenario, chance: random.Random) -> Iterator[list[tuple[bool, bool]]]:
    """What each person says: (heard the candidate, thumb up). Votes of one person are alike: Beta with mean `rate`."""
    for _ in range(PEOPLE):
        heard = chance.random() < scenario.share
        rate = scenario.candidate if heard else scenario.current
        if abs(scenario.votes_each) > 1:
            rate = chance.betavariate(2 * rate, 2 * (1 - rate))
        yield [(heard, chance.random() < rate) for _ in range(max(1, scenario.votes_each))]


def trial(scenario: Scenario, seed: int) -> tuple[str, int, str]:
    """What the canary did and after how many people, and what a z-test would have done by then."""
    counts, naive = {True: [0, 0], False: [0, 0]}, "wait"
    for number, said in enumerate(votes(scenario, random.Random(seed)), start=1):
        for heard, up in said:
            counts[heard][0 if up else 1] += 1
        if number % LOOK:
            continue
        candidate, current = Arm(*counts[True]), Arm(*counts[False])
        naive = naive if naive != "wait" else z_test(candidate, current)
        standing = judge_canary(candidate, current, limits=LIMITS)
        if standing.action != "wait":
            return standing.action, number, naive
    return "wait", PEOPLE, naive


def z_test(candidate: Arm, current: Arm) -> str:
    """The usual test of two shares at 5 % each way, at one moment."""
    if min(candidate.people, current.people) < LIMITS.min_people:
        return "wait"
    pooled = (candidate.up + current.up) / (candidate.people + current.people)
    error = math.sqrt(pooled * (1 - pooled) * (1 / candidate.people + 1 / current.people))
    z = ((candidate.rate or 0) - (current.rate or 0)) / error if error else 0.0
    return "promote" if z > 1.645 else "take back" if z < -1.645 else "wait"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else RUNS
    print(f"{runs} trials of up to {PEOPLE} people, looked at every {LOOK}; promised: each error <= {LIMITS.alpha:.0%}")
    print(f"{'':<40} promoted  taken back  people (median)  z-test that is looked at: promoted  taken back")
    for scenario in SCENARIOS:
        found = [trial(scenario, seed) for seed in range(runs)]
        done = [n for action, n, _ in found if action != "wait"]
        people = f"{median(done):,.0f}" if len(done) > runs / 2 else "-"
        shares = [sum(f[0] == action for f in found) for action in ("promote", "take back")]
        naive = [sum(f[2] == action for f in found) / runs for action in ("promote", "take back")]
        told = "  ".join(f"{hits / runs:>8.1%}" for hits in shares)
        print(f"{scenario.name:<40} {told}  {people:>15}  {naive[0]:>34.1%}  {naive[1]:>10.1%}", flush=True)
    print(f"(0 of {runs} is between 0 and {wilson(0, runs)[1]:.1%} with 95 % confidence)")
    began = time.perf_counter()
    for up in range(100):
        judge_canary(Arm(up, 100 - up), Arm(60, 40))
    print(f"one look: {(time.perf_counter() - began) * 10:.2f} ms")


if __name__ == "__main__":
    main()
