"""Which token of a step is spoken with which LoRA adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn

from bots.engines.batching.adapters import Adapter, Shape

Owners = tuple[tuple[int, int], ...]  # (index of the adapter, its rank) in the order in which a stack holds them


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The matrices of several adapters for one layer, joined: `a` [ranks, inputs], `b` [outputs, ranks]."""

    a: Tensor
    b: Tensor
    owners: Owners


# Layers of one block that get the same input: their first matrices are one product.
_TOGETHER = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))


@dataclass(slots=True, eq=False)
class _Joint:
    """The first matrices of layers with the same input, joined: `a` [all ranks, inputs], and which are whose."""

    a: Tensor
    owners: Owners
    spans: Mapping[str, slice]
    seen: Tensor | None = None  # the input that `hidden` belongs to
    hidden: Tensor | None = None


@dataclass(slots=True, eq=False)
class _Route:
    """The adapters of one step: for each token the index of its adapter, -1 for none."""

    stacks: Mapping[str, Stack]
    speakers: Tensor
    everyone: bool  # all tokens have the same, only adapter: nothing to mask
    masks: dict[Owners, Tensor] = field(default_factory=dict)

    def mask(self, owners: Owners) -> Tensor:
        """[tokens, ranks], True where the rank belongs to another adapter than the token's."""
        if owners not in self.masks:
            indices = torch.tensor([index for index, rank in owners for _ in range(rank)], device=self.speakers.device)
            self.masks[owners] = self.speakers[:, None] != indices[None, :]
        return self.masks[owners]


class LoraRouter:
    """Adds to each linear layer of a model what the adapter of each token says, whatever adapters a step mixes."""

    def __init__(self, model: nn.Module) -> None:
        head: Any = model.get_output_embeddings()  # type: ignore[operator]
        self._linears = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear) and m is not head}
        self._hooked: set[str] = set()
        self._stacked: tuple[Adapter, ...] = ()
        self._stacks: dict[str, Stack] = {}
        self._joints: dict[str, _Joint] = {}
        self._route: _Route | None = None

    @property
    def layers(self) -> dict[str, Shape]:
        return {name: Shape(linear.in_features, linear.out_features) for name, linear in self._linears.items()}

    def route(self, speakers: Sequence[tuple[Adapter | None, int]], device: torch.device) -> None:
        """Set who speaks in the next step: an adapter (or none) and its number of tokens, in packed order."""
        needed = {adapter.key: adapter for adapter, _ in speakers if adapter is not None}
        if not needed:
            self._route = None
            return
        self._stack(needed)
        index = {adapter.key: place for place, adapter in enumerate(self._stacked)}
        places = [index[adapter.key] if adapter else -1 for adapter, _ in speakers]
        counts = torch.tensor([count for _, count in speakers])
        owner = torch.tensor(places).repeat_interleave(counts).to(device)
        self._route = _Route(self._stacks, owner, everyone=len(self._stacked) == 1 and -1 not in places)

    def leave(self) -> None:
        """Nobody speaks any more; what the step computed on the way is let go."""
        self._route = None
        for joint in self._joints.values():
            joint.seen = joint.hidden = None

    def _stack(self, needed: Mapping[str, Adapter]) -> None:
        """Keep the stack that there is while it serves and is not mostly idle; copying matrices costs time."""
        there = {adapter.key for adapter in self._stacked}
        if needed.keys() <= there and len(there) <= max(4, 2 * len(needed)):
            return
        self._stacked = tuple(needed.values())
        names = {name for adapter in self._stacked for name in adapter.pairs}
        self._stacks = {name: _stacked(name, self._stacked) for name in names}
        self._joints = _joined(self._stacks)
        for name in names - self._hooked:
            self._linears[name].register_forward_hook(partial(self._add, name))
        self._hooked |= names

    def _add(self, name: str, _linear: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        route = self._route
        stack = route.stacks.get(name) if route is not None else None
        if route is None or stack is None:
            return
        joint = self._joints.get(name)
        if joint is None:
            hidden = _hidden(inputs[0], stack.a, route, stack.owners)
        else:
            if joint.seen is not inputs[0] or joint.hidden is None:
                joint.seen, joint.hidden = inputs[0], _hidden(inputs[0], joint.a, route, joint.owners)
            hidden = joint.hidden[:, joint.spans[name]]
        output.view(-1, output.shape[-1]).addmm_(hidden, stack.b.t())


def _hidden(tokens: Tensor, a: Tensor, route: _Route, owners: Owners) -> Tensor:
    """[tokens, ranks] of what each token's own adapter reads from it."""
    hidden = tokens.reshape(-1, tokens.shape[-1]) @ a.t()
    return hidden if route.everyone else hidden.masked_fill_(route.mask(owners), 0)


def _joined(stacks: Mapping[str, Stack]) -> dict[str, _Joint]:
    """The joint of each layer that shares its input with others that are changed as well."""
    joints: dict[str, _Joint] = {}
    for first, *others in _TOGETHER:
        for name in [name for name in stacks if name.rpartition(".")[2] == first]:
            block = name.removesuffix(first)
            members = [name, *(block + other for other in others if block + other in stacks)]
            if len(members) > 1:
                joints |= dict.fromkeys(members, _join([(member, stacks[member]) for member in members]))
    return joints


def _join(members: Sequence[tuple[str, Stack]]) -> _Joint:
    ends = list(accumulate(stack.a.shape[0] for _, stack in members))
    spans = {name: slice(end - stack.a.shape[0], end) for (name, stack), end in zip(members, ends, strict=True)}
    owners = tuple(owner for _, stack in members for owner in stack.owners)
    return _Joint(torch.cat([stack.a for _, stack in members]), owners, spans)


def _stacked(name: str, adapters: Sequence[Adapter]) -> Stack:
    having = [(place, adapter.pairs[name]) for place, adapter in enumerate(adapters) if name in adapter.pairs]
    owners = tuple((place, pair.a.shape[0]) for place, pair in having)
    if len(having) == 1:
        return Stack(having[0][1].a, having[0][1].b, owners)
    return Stack(torch.cat([p.a for _, p in having]), torch.cat([p.b for _, p in having], dim=1), owners)
