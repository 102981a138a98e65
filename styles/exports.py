"""Exports: parts of a dataset version as JSON lines in the forms that other trainers read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from conversations.errors import NotFound
from conversations.messages import Message
from styles.dataset import DatasetVersion
from styles.examples import Example, is_target
from styles.preferences import Preference
from styles.split import Part

Form = Literal["openai", "sharegpt", "trl", "dpo", "kto"]
ExportedPart = Literal["train", "holdout", "preferences", "preferences-holdout", "votes", "votes-holdout"]

FORMS: tuple[Form, ...] = get_args(Form)
EXPORTED: tuple[ExportedPart, ...] = get_args(ExportedPart)
Line = Mapping[str, Any]

_ROWS_OF = {"dpo": "preferences", "kto": "votes"}
_NOTHING = {
    "preferences": "Nobody has given a better answer that was approved.",
    "votes": "Nobody has voted on replies of the current or the previous voice, or too few have.",
}


def export_lines(dataset: DatasetVersion, part: str, *, form: str = "openai") -> str:
    """One part of a dataset version, a JSON object a line.

    `openai`: what its fine-tuning takes (chat, or preference); turns that are not learned have `weight` 0. `trl`: rows
    for TRL's SFT, DPO and KTO trainers; `dpo` and `kto` are those of pairs and of votes, on the side that `part` names.
    `sharegpt`: as LLaMA-Factory reads it. Raises `NotFound` for a part or form that is not there, or has nothing in it.
    """
    if part not in EXPORTED:
        raise NotFound(f'There is no part "{part}": a dataset has {", ".join(EXPORTED)}.')
    if form not in FORMS:
        raise NotFound(f'There is no format "{form}" to export. There are: {", ".join(FORMS)}.')
    part, form = _part_and_form(part, form)
    if form == "openai" and part.startswith("votes"):
        raise NotFound("OpenAI takes no votes on single replies. Export them with --format kto or sharegpt.")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(dataset, part, form=form))
    if not lines:
        why = _NOTHING.get(part.removesuffix("-holdout"), "")
        raise NotFound(f"Dataset {dataset.reference} has no {part} to export. {why}".rstrip())
    return lines


def _part_and_form(part: str, form: str) -> tuple[str, str]:
    if form not in _ROWS_OF:
        return part, form
    wanted = _ROWS_OF[form]
    if part.removesuffix("-holdout") not in ("train", "holdout", wanted):
        raise NotFound(
            f"{form.upper()} learns from {wanted}, not from {part}. Leave --part out, or give --part holdout."
        )
    return (f"{wanted}-holdout" if part.endswith("holdout") else wanted), "trl"


def _rows(dataset: DatasetVersion, part: str, *, form: str) -> Iterator[Line]:
    side: Part = "holdout" if part.endswith("holdout") else "train"
    if part in ("train", "holdout"):
        examples: dict[str, Callable[[Example], list[Line]]] = {
            "openai": lambda e: [{"messages": [_openai(m) for m in e.messages]}],
            "sharegpt": lambda e: [{"conversations": [_sharegpt(m) for m in e.messages]}],
            "trl": _prompts_and_completions,
        }
        yield from (line for example in dataset.examples(side) for line in examples[form](example))
        return
    preferences = dataset.pairs(side) if part.startswith("preferences") else dataset.votes(side)
    forms = {"openai": _openai_pair, "sharegpt": _sharegpt_preference, "trl": _trl_preference}
    yield from (forms[form](preference) for preference in preferences)


def _openai(message: Message) -> Line:
    weight = {} if is_target(message) or message.role != "assistant" else {"weight": 0}
    return {**_plain(message), **weight}


def _plain(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


def _reply(text: str | None) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": text or ""}]


def _sharegpt(message: Message) -> Line:
    names = {"user": "human", "assistant": "gpt", "system": "system"}
    weight = {} if is_target(message) or message.role != "assistant" else {"weight": 0}
    return {"from": names[message.role], "value": message.content, **weight}


def _prompts_and_completions(example: Example) -> list[Line]:
    """One row for each reply to learn, which is the only form in which TRL leaves the other turns alone."""
    return [
        {"prompt": [_plain(m) for m in example.messages[:turn]], "completion": [_plain(message)]}
        for turn, message in enumerate(example.messages)
        if is_target(message)
    ]


def _openai_pair(row: Preference) -> Line:
    return {
        "input": {"messages": [_plain(m) for m in row.prompt]},
        "preferred_output": _reply(row.chosen),
        "non_preferred_output": _reply(row.rejected),
    }


def _trl_preference(row: Preference) -> Line:
    prompt = [_plain(m) for m in row.prompt]
    if row.is_pair:
        return {"prompt": prompt, "chosen": _reply(row.chosen), "rejected": _reply(row.rejected)}
    return {"prompt": prompt, "completion": _reply(row.completion), "label": row.label}


def _sharegpt_preference(row: Preference) -> Line:
    said = [{key: value for key, value in _sharegpt(m).items() if key != "weight"} for m in row.prompt]
    if row.is_pair:
        chosen, rejected = ({"from": "gpt", "value": reply} for reply in (row.chosen, row.rejected))
        return {"conversations": said, "chosen": chosen, "rejected": rejected}
    return {"conversations": [*said, {"from": "gpt", "value": row.completion}], "kto_tag": row.label}
