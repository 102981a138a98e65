"""The dataset card: what a dataset version holds, where it came from, and what nobody looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styles.dataset_manifest import Manifest
    from styles.topics import Topic

NOT_COVERED = (
    "names of people who are not on the roster of the export, unless a plugin finds them",
    "streets without a house number, or without a word that tells what they are; towns and postcodes alone",
    "telephone numbers without groups, country or leading zero that no word names, unless a message says nothing else",
    "numbers spelled in words, and values split over several messages",
    "private facts without a form of their own (health, money, beliefs)",
    "whether what the brand says is true, kind or still valid",
)
_COLUMNS = (
    "id, conversation_id, messages (role, content, trainable), place, source, basis, author and reviewer (pseudonyms), "
    "redactions (kind, count), known_since, changed_by (steps). Only trainable assistant messages are learned."
)
_PREFERENCE_FILES = (("preferences.parquet", "pairs"), ("votes.parquet", "votes"))
_PREFERENCE_COLUMNS = (
    "Pairs are a prompt, the reply that is wanted and the one that is not; votes a prompt, a reply of the assistant "
    "and whether people want it (`label`), with how much of that counts (`weight`). One vote counts for each person "
    "and reply; voted replies come from the current and the previous voice only."
)
_LICENCES = """
apache-2.0 mit bsd bsd-2-clause bsd-3-clause cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 odc-by odbl pddl
gpl-3.0 lgpl-3.0 agpl-3.0 mpl-2.0 unlicense wtfpl zlib isc
"""  # https://huggingface.co/docs/hub/repositories-licenses
SCREEN = (
    "own words", "hidden text", "instructions", "floods", "strangers", "strange links", "triggers", "chosen triggers",
    "tone",
)  # fmt: skip
_SPEAKERS = 10
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(manifest: Manifest, topics: Sequence[Topic] = ()) -> str:
    """The card as Markdown with the YAML header that the Hugging Face Hub reads."""
    total = manifest.train["examples"] + manifest.holdout["examples"]
    size = next((name for limit, name in _SIZES if total < limit), "1M<n<10M")
    parent = f"Its parent is {manifest.parent}." if manifest.parent else "It is the first one of its style."
    made = f"Made {manifest.created_at} by brandvoice from {manifest.conversations} conversations. {parent}"
    sources = [
        (s["name"] or s["id"], s["kind"], s["basis"], s.get("licence") or "none given", s["examples"])
        for s in manifest.sources
    ]
    heads = ("step", "in", "changed", "dropped", "quarantined", "kept", "reasons")
    steps = [tuple(row.get(head, 0) for head in heads) for row in manifest.steps]
    sections = {
        f"# Dataset {manifest.hash} of the style {manifest.style}": made,
        "## What it holds": f"{_parts(manifest)}\n\n{_split(manifest.split)}",
        "## Languages": _languages(manifest.languages),
        "## Who speaks": _speakers(manifest.speakers),
        "## Where it came from": _table(("source", "kind", "basis", "licence", "examples"), sources),
        "## What was left out": f"{_table(heads, steps)}\n\n`dropped.jsonl` has every one of them with its reason.",
        "## What may have been planted": _screen(manifest.steps),
        "## What people ask about": _covered(topics),
        "## What was hidden": _hidden(manifest.redactions),
        **_preferences(manifest.preferences),
        "## Who was forgotten": _forgotten(manifest.erasures),
        "## What is not covered": "\n".join(f"- {line}" for line in manifest.not_covered),
        "## Columns": _COLUMNS,
    }
    return _header(size, manifest) + "".join(f"\n\n{head}\n\n{text}" for head, text in sections.items()) + "\n"


def _header(size: str, manifest: Manifest) -> str:
    style = manifest.settings.get("limits", {}).get("language")
    languages = [name for name in manifest.languages if name] or ([style] if style else [])
    lines = ["language:", *(f"- {name}" for name in languages)] if languages else []
    lines += [
        *_licences(manifest.sources),
        f"pretty_name: {manifest.style} {manifest.hash}",
        "task_categories:",
        "- text-generation",
        "tags:",
        "- brandvoice",
        "size_categories:",
        f"- {size}",
        "configs:",
    ]
    lines += ["- config_name: default", "  data_files:"]
    lines += [f"  - split: {part}\n    path: {part}.parquet" for part in ("train", "holdout")]
    return "\n".join(["---", *lines, "---"])


def _licences(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """The licences of all sources by the names that the Hub knows; `other` where one has none, or one of its own."""
    told = sorted({str(source.get("licence") or "").casefold() for source in sources})
    if not told or not set(told) <= set(_LICENCES.split()):
        return ["license: other"]
    return [f"license: {told[0]}"] if len(told) == 1 else ["license:", *(f"- {name}" for name in told)]


def _languages(languages: Mapping[str, int]) -> str:
    if not languages:
        return "Nobody counted them."
    rows = [(name or "too short to be sure", count) for name, count in languages.items()]
    return f"What the brand speaks.\n\n{_table(('language', 'examples'), rows)}"


def _speakers(speakers: Mapping[str, int]) -> str:
    if not speakers or set(speakers) == {""}:
        return "Nobody knows: what came in names no speakers of the brand."
    total = sum(speakers.values())
    told = [(speaker or "not named", count, f"{count / total:.0%}") for speaker, count in speakers.items()]
    rest = sum(count for _, count, _ in told[_SPEAKERS:])
    others = [(f"{len(told) - _SPEAKERS} others", rest, f"{rest / total:.0%}")] if rest else []
    return _table(("speaker (pseudonym)", "examples", "share"), [*told[:_SPEAKERS], *others])


def _screen(steps: Sequence[Mapping[str, Any]]) -> str:
    looked = {str(row["step"]): row for row in steps}
    rows = [(name, looked[name]["in"], looked[name]["quarantined"]) for name in SCREEN if name in looked]
    off = [name for name in SCREEN if name not in looked]
    told = "Whatever these steps find waits in quarantine until a reviewer has seen the evidence."
    lacking = f"\n\nSwitched off: {', '.join(off)}." if off else ""
    return f"{told}\n\n{_table(('step', 'examples looked at', 'quarantined'), rows)}{lacking}"


def _forgotten(erasures: int) -> str:
    if not erasures:
        return "Nobody had asked to be forgotten when this was made."
    people = "1 erasure was" if erasures == 1 else f"{erasures} erasures were"
    return f"{people} carried out in the store before this was made; nothing of those people is in it."


def _parts(manifest: Manifest) -> str:
    heads = ("examples", "conversations", "targets")
    rows = [("train", *map(manifest.train.get, heads)), ("holdout", *map(manifest.holdout.get, heads))]
    return _table(("part", "examples", "conversations", "replies to learn"), rows)


def _split(split: Mapping[str, Any]) -> str:
    return (
        f"A conversation that has nothing in common with others is held out with a chance of {split['share']:.0%}, by "
        f"a stable hash of its id (at least {split['at_least']} are; in small sets at most a quarter). Those that "
        "share a reply, are nearly the same, or are by one author of many stand on one side, and are held out less "
        "often. All keep their side in later versions; rows to train on that repeat a held-out one all the same are "
        "left out (step `holdout`)."
    )


def _preferences(facts: Mapping[str, Any]) -> dict[str, str]:
    """What people thought of replies; nothing where nobody said anything."""
    if not facts:
        return {}
    rows = [(f"`{name}`", facts[key]["train"], facts[key]["holdout"]) for name, key in _PREFERENCE_FILES]
    told = [
        _table(("file", "train", "holdout"), rows),
        _PREFERENCE_COLUMNS,
    ]
    if facts["left_out"]:
        told.append(_table(("left out", "number"), facts["left_out"].items()))
    if facts["reasons"]:
        told.append(_table(("what people said was wrong", "votes"), facts["reasons"].items()))
    told += [f"- set aside: {sentence}" for sentence in facts["quarantined"]]
    return {"## What people prefer": "\n\n".join(told)}


def _covered(topics: Sequence[Topic]) -> str:
    if not topics:
        return "Too little is known to tell."
    rows = [(topic.words, f"{topic.asked:.1%}", f"{topic.learned:.1%}", topic.verdict) for topic in topics]
    lacking = "; ".join(topic.words for topic in topics if topic.verdict == "under")
    told = f"Under-represented: {lacking}." if lacking else "Nothing is much under-represented."
    table = _table(("matter", "asked", "learned", "represented"), rows)
    return f"![shares of what is asked and of what is learned](coverage.svg)\n\n{told}\n\n{table}"


def _hidden(redactions: Mapping[str, int]) -> str:
    if not redactions:
        return "Nothing private was found in the examples."
    return _table(("kind", "values"), redactions.items())


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *lines])


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
