"""Preference rows as tokens: rendered by the one renderer, ordered for each trainer, and collated."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from conversations.messages import Message
from styles.preferences import Preference
from styles.rendering import IGNORED, Rendered, Renderer


@dataclass(frozen=True, slots=True)
class Row:
    """One preference in tokens: of a pair both replies, of a vote the one that `label` is about."""

    prompt_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]  # of a vote: its reply, wanted or not
    rejected_ids: tuple[int, ...] = ()
    label: bool = True
    weight: float = 1.0

    @property
    def length(self) -> int:
        """Tokens that go through the model for it."""
        both = 2 if self.rejected_ids else 1
        return both * len(self.prompt_ids) + len(self.chosen_ids) + len(self.rejected_ids)


def render_rows(renderer: Renderer, preferences: Iterable[Preference], *, limit: int) -> tuple[list[Row], int]:
    """Rows with both replies whole within the limit, and how many preferences do not fit."""
    rows: list[Row] = []
    left_out = 0
    for preference in preferences:
        row = _row(renderer, preference, limit=limit)
        if row is None:
            left_out += 1
        else:
            rows.append(row)
    return rows, left_out


def render_reply(renderer: Renderer, prompt: Sequence[Message], reply: str) -> Rendered:
    """A prompt and a reply, with labels on the reply only."""
    return renderer.render([*prompt, Message("assistant", reply)])


def _row(renderer: Renderer, preference: Preference, *, limit: int) -> Row | None:
    replies = [r for r in (preference.chosen, preference.rejected) if r is not None]
    parts = [_parted(render_reply(renderer, preference.prompt, reply)) for reply in replies]
    prompts = {prompt for prompt, _ in parts}
    if len(prompts) != 1 or not all(reply for _, reply in parts):
        return None
    if any(len(prompt) + len(reply) > limit for prompt, reply in parts):
        return None
    rejected = parts[1][1] if preference.is_pair else ()
    return Row(prompts.pop(), parts[0][1], rejected, preference.label, preference.weight)


def _parted(rendered: Rendered) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens before the reply, and the reply's own up to the end of its turn."""
    places = [i for i, label in enumerate(rendered.labels) if label != IGNORED]
    if not places:
        return rendered.token_ids, ()
    return rendered.token_ids[: places[0]], rendered.token_ids[places[0] : places[-1] + 1]


def vote_order(rows: Sequence[Row], *, batch: int, seed: int) -> list[int]:
    """The order of KTO's rows: labels mixed in every batch as in the whole, like lengths together, batches shuffled.

    TRL reads them in this very order. A last batch of one row, which would be compared with itself, is left out.
    """
    keyed: list[tuple[float, int]] = []
    for label in (True, False):
        side = sorted((i for i, row in enumerate(rows) if row.label is label), key=lambda i: (rows[i].length, i))
        keyed += [((rank + 0.5) / len(side), i) for rank, i in enumerate(side)]
    mixed = [i for _, i in sorted(keyed)]
    batches = [mixed[i : i + batch] for i in range(0, len(mixed), batch)]
    last = batches.pop() if batches and len(batches[-1]) < batch else []
    random.Random(seed).shuffle(batches)
    return [i for one in [*batches, *([last] if len(last) > 1 else [])] for i in one]


def pair_columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Columns as TRL's DPO trainer names them."""
    return {
        "prompt_ids": [list(row.prompt_ids) for row in rows],
        "chosen_ids": [list(row.chosen_ids) for row in rows],
        "rejected_ids": [list(row.rejected_ids) for row in rows],
    }


def vote_columns(rows: Sequence[Row], *, batch: int) -> dict[str, list[Any]]:
    """Columns as TRL's KTO trainer names them; each prompt gets the reply before it in the batch for the KL term."""
    replies = [list(row.chosen_ids) for row in rows]
    turned: list[list[int]] = []
    for start in range(0, len(replies), batch):
        one = replies[start : start + batch]
        turned += [one[-1], *one[:-1]]
    return {
        "prompt_ids": [list(row.prompt_ids) for row in rows],
        "completion_ids": replies,
        "KL_completion_ids": turned,
        "label": [row.label for row in rows],
        "row_weight": [row.weight for row in rows],
    }


def collate_pairs(rows: Sequence[Mapping[str, Any]], *, pad_token: int) -> dict[str, Tensor]:
    """[2 × batch, longest] tokens: the chosen replies first, then the rejected ones."""
    sides = [(row["prompt_ids"], row[name]) for name in ("chosen_ids", "rejected_ids") for row in rows]
    batch = _padded(sides, pad_token=pad_token)
    for name in ("ref_chosen_logps", "ref_rejected_logps"):
        if name in rows[0]:
            batch[name] = torch.tensor([row[name] for row in rows])
    return batch


def collate_votes(rows: Sequence[Mapping[str, Any]], *, pad_token: int) -> dict[str, Tensor]:
    """[batch, longest] tokens of the replies, the same for the mismatched ones, and the labels."""
    batch = _padded([(row["prompt_ids"], row["completion_ids"]) for row in rows], pad_token=pad_token)
    kl = _padded([(row["prompt_ids"], row["KL_completion_ids"]) for row in rows], pad_token=pad_token)
    batch |= {f"KL_{name}": tensor for name, tensor in kl.items()}
    batch["label"] = torch.tensor([row["label"] for row in rows])
    batch["row_weight"] = torch.tensor([row["row_weight"] for row in rows])
    for name in ("ref_logps", "ref_KL_logps"):
        if name in rows[0]:
            batch[name] = torch.tensor([row[name] for row in rows])
    return batch


def _padded(sides: Sequence[tuple[Sequence[int], Sequence[int]]], *, pad_token: int) -> dict[str, Tensor]:
    longest = max(len(prompt) + len(reply) for prompt, reply in sides)
    token_ids = torch.full((len(sides), longest), pad_token)
    seen, learned = torch.zeros_like(token_ids), torch.zeros_like(token_ids)
    for i, (prompt, reply) in enumerate(sides):
        end = len(prompt) + len(reply)
        token_ids[i, :end] = torch.as_tensor([*prompt, *reply])
        seen[i, :end] = 1
        learned[i, len(prompt) : end] = 1
    return {"input_ids": token_ids, "attention_mask": seen, "completion_mask": learned}
