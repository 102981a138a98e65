"""LoRA adapters of voices, read from their files."""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bots.engines.fitting import version_key
from conversations.errors import VoiceRefused
from styles.voices import VoiceVersion

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_KEY = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")

# Settings of PEFT that change what an adapter computes; a plain LoRA adapter has none of them.
_UNSUPPORTED = (
    "use_dora", "modules_to_save", "lora_bias", "trainable_token_indices", "alora_invocation_tokens", "use_qalora",
    "layer_replication", "target_parameters", "use_bdlora", "arrow_config", "kasa_config", "monteclora_config",
    "fan_in_fan_out",
)  # fmt: skip
_PLAIN_STARTS = (None, True, False, "gaussian", "orthogonal", "eva")  # others change the base model as well


@dataclass(frozen=True, slots=True)
class Shape:
    """What a linear layer takes and gives."""

    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The two matrices of one layer: `a` [rank, inputs] and `b` [outputs, rank], scaling included."""

    a: Tensor
    b: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """What a voice adds to the linear layers of the base model. Two loads of the same version have the same key."""

    key: str
    reference: str
    pairs: Mapping[str, Pair]

    @property
    def size(self) -> int:
        return sum(pair.a.nbytes + pair.b.nbytes for pair in self.pairs.values())


@dataclass(frozen=True, slots=True)
class AdapterFormat:
    """What adapters must fit: the linear layers they may change, the number format and the device."""

    layers: Mapping[str, Shape]
    dtype: torch.dtype
    device: torch.device


class AdapterShelf:
    """Loaded adapters, least recently used first out, bounded in bytes. Replies keep the one they began with."""

    def __init__(self, load: Callable[[VoiceVersion], Adapter], *, limit: int) -> None:
        self._load = load
        self._limit = limit
        self._adapters: OrderedDict[str, Adapter] = OrderedDict()
        self.loads = 0

    def __len__(self) -> int:
        return len(self._adapters)

    def get(self, voice: VoiceVersion) -> Adapter:
        """The adapter of a version; from disk when it is not on the shelf. Raises `VoiceRefused`."""
        key = version_key(voice)
        if key not in self._adapters:
            self._adapters[key] = self._load(voice)
            self.loads += 1
        self._adapters.move_to_end(key)
        while len(self._adapters) > 1 and sum(a.size for a in self._adapters.values()) > self._limit:
            self._adapters.popitem(last=False)
        return self._adapters[key]


def load_adapter(voice: VoiceVersion, wanted: AdapterFormat) -> Adapter:
    """Read a version's adapter. Raises `VoiceRefused` where it is anything but plain LoRA on the given layers."""
    missing = [name for name in (WEIGHTS, CONFIG) if name not in voice.manifest.files]
    if missing:
        raise VoiceRefused(f"{voice.reference} cannot be trusted: its manifest does not declare {missing[0]}.")
    config = _config(voice)
    found: dict[str, dict[str, Tensor]] = {}
    for key, tensor in _tensors(voice).items():
        match = _KEY.fullmatch(key)
        if match is None or match[1] not in wanted.layers:
            raise VoiceRefused(f"{voice.reference} changes {key}, which this engine cannot serve; train plain LoRA.")
        found.setdefault(match[1], {})[match[2]] = tensor
    pairs = {layer: _pair(voice, layer, both, config=config, wanted=wanted) for layer, both in found.items()}
    if not pairs:
        raise VoiceRefused(f"{voice.reference} holds no LoRA weights.")
    return Adapter(version_key(voice), voice.reference, pairs)


def _config(voice: VoiceVersion) -> Mapping[str, Any]:
    try:
        config: dict[str, Any] = json.loads((voice.path / CONFIG).read_text(encoding="utf-8"))
    except ValueError as error:
        raise VoiceRefused(f"{voice.reference}: {CONFIG} cannot be read: {error}") from error
    faults = [f"{name} = {config[name]}" for name in _UNSUPPORTED if config.get(name)]
    if config.get("peft_type") != "LORA":
        faults.append(f"peft_type = {config.get('peft_type')}")
    if config.get("bias", "none") != "none":
        faults.append(f"bias = {config['bias']}")
    if config.get("init_lora_weights") not in _PLAIN_STARTS:
        faults.append(f"init_lora_weights = {config['init_lora_weights']}")
    if faults:
        raise VoiceRefused(
            f"{voice.reference} is not plain LoRA ({', '.join(faults)}), which this engine cannot serve."
        )
    return config


def _tensors(voice: VoiceVersion) -> dict[str, Tensor]:
    path: Path = voice.path / WEIGHTS
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise VoiceRefused(f"{voice.reference}: {WEIGHTS} cannot be read: {error}") from error


def _pair(
    voice: VoiceVersion, layer: str, both: Mapping[str, Tensor], *, config: Mapping[str, Any], wanted: AdapterFormat
) -> Pair:
    a, b, shape = both.get("A"), both.get("B"), wanted.layers[layer]
    if a is None or b is None or a.ndim != 2 or b.ndim != 2:
        raise VoiceRefused(f"{voice.reference} has no pair of LoRA matrices for {layer}.")
    rank = a.shape[0]
    if rank < 1 or a.shape != (rank, shape.inputs) or b.shape != (shape.outputs, rank):
        raise VoiceRefused(f"{voice.reference} does not fit the base model: {layer} has other shapes.")
    scaled = b.float() * _scaling(layer, rank, config)
    pair = Pair(*(part.to(wanted.device, wanted.dtype).contiguous() for part in (a, scaled)))
    # A NaN would spoil the answers of other voices in the same batch.
    if not (pair.a.isfinite().all() and pair.b.isfinite().all()):
        raise VoiceRefused(f"{voice.reference} holds numbers that are not finite in {layer}; its training went wrong.")
    return pair


def _scaling(layer: str, rank: int, config: Mapping[str, Any]) -> float:
    alpha = float(_by_pattern(config.get("alpha_pattern"), layer, config["lora_alpha"]))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _by_pattern(patterns: Mapping[str, Any] | None, layer: str, default: Any) -> Any:
    """PEFT's rule: the first key that matches the end of the layer's name, whole parts only."""
    found = (value for key, value in (patterns or {}).items() if re.match(rf"(.*\.)?({key})$", layer))
    return next(found, default)
