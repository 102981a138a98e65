"""The style classifier on several voices, split by scenario: how often it names the right one, and what a check costs.

`python -m benchmarks.style` reads the folder that BRANDVOICE_VOICES names, one `NAME.jsonl` (or `.jsonl.xz`) a voice,
with `messages` and an `id` whose last part but one is the scenario; without it the two demo brands and the everyday
talk of the starter are told apart.
"""

from __future__ import annotations

import json
import lzma
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from styles.checks import style_checks
from styles.classifier import Sample, StyleClassifier, auc, fit_classifier
from styles.learned import LearnedStyle, ProfileDistance
from styles.profile import measure_profile
from styles.style import load_style
from training.bootstrap import interval
from training.starter import desk

FOLDS = 5
Said = tuple[str, str]  # scenario and reply


def voices() -> dict[str, list[Said]]:
    """The different replies of each voice with their scenarios."""
    if named := os.environ.get("BRANDVOICE_VOICES"):
        paths = sorted(p for p in Path(named).iterdir() if p.name.endswith((".jsonl", ".jsonl.xz")))
        return {path.name.split(".")[0]: list(dict.fromkeys(_read(path))) for path in paths}
    data = resources.files("brandvoice") / "demo_data"
    told = {name: _talks((data / f"{name}.jsonl").read_text(encoding="utf-8")) for name in ("harbor", "volt")}
    everyday = [
        (f"{i}", m["content"])
        for i, talk in enumerate(desk.conversations(270, seed=1))
        for m in talk
        if m["role"] == "assistant"
    ]
    return {**{name: list(dict.fromkeys(said)) for name, said in told.items()}, "everyday": everyday}


def _read(path: Path) -> Iterator[Said]:
    read = lzma.open if path.suffix == ".xz" else open
    with read(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["id"].split("/")[-2], row["messages"][-1]["content"]


def _talks(text: str) -> list[Said]:
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [(f"{i}", m["content"]) for i, row in enumerate(rows) for m in row["messages"] if m["role"] == "assistant"]


def told_apart(told: Mapping[str, Sequence[Said]]) -> list[tuple[str, str, dict[str, float]]]:
    """Scenario, voice and the score of each voice's classifier, every scenario judged by those that never saw it."""
    scenarios = sorted({scenario for said in told.values() for scenario, _ in said})
    fold_of = {scenario: i % FOLDS for i, scenario in enumerate(scenarios)}
    found = []
    for fold in range(FOLDS):
        judges = {name: _fit(name, told, lambda s, out=fold: fold_of[s] != out) for name in told}
        for name, said in told.items():
            for scenario, reply in said:
                if fold_of[scenario] == fold:
                    found.append((scenario, name, {voice: judge.score(reply) for voice, judge in judges.items()}))
    return found


def _fit(name: str, told: Mapping[str, Sequence[Said]], wanted: object) -> StyleClassifier:
    assert callable(wanted)
    return fit_classifier(
        [
            Sample(reply, scenario, brand=voice == name)
            for voice, said in told.items()
            for scenario, reply in said
            if wanted(scenario)
        ]
    )


def main() -> None:
    told = voices()
    found = told_apart(told)
    right = [float(max(scores, key=lambda v: scores[v]) == name) for _, name, scores in found]
    sure = interval(right, clusters=[scenario for scenario, _, _ in found])
    assert sure is not None
    scenarios = len({scenario for scenario, _, _ in found})
    print(f"{len(told)} voices, {len(found)} different replies in {scenarios} scenarios, by chance {1 / len(told):.0%}")
    print(f"  the right voice named: {sure.mean:.1%} ({sure.low:.1%} to {sure.high:.1%}, 95 %, over scenarios)")
    for voice in told:
        area = auc([scores[voice] for _, _, scores in found], [name == voice for _, name, _ in found])
        print(f"  {voice:24} against the others: AUC {area:.2f}")
    _costs(told)


def _costs(told: Mapping[str, Sequence[Said]]) -> None:
    """Milliseconds a reply of everything that live replies are tried on."""
    first = next(iter(told))
    with resources.as_file(resources.files("brandvoice") / "demo_data" / "harbor.toml") as path:
        rules = style_checks(load_style(path))
    replies = [reply for said in told.values() for _, reply in said][:300]
    learned = LearnedStyle(_fit(first, told, lambda scenario: True))
    checks = [*rules, learned, ProfileDistance(measure_profile([reply for _, reply in told[first]]))]
    began = time.perf_counter()
    for reply in replies:
        for check in checks:
            check(reply)
    each = (time.perf_counter() - began) / len(replies) * 1000
    print(f"  {len(checks)} checks of one reply: {each:.2f} ms (5 ms are allowed)")


if __name__ == "__main__":
    main()
