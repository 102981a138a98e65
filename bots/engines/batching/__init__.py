"""The default local engine: continuous batching over one base model and the LoRA adapters of many voices."""

from bots.engines.batching.engine import BatchingEngine, Limits, Stats
from bots.engines.batching.pace import Pace
from bots.engines.batching.prepacked import prepack
from bots.engines.batching.selftest import refusal

__all__ = ["BatchingEngine", "Limits", "Pace", "Stats", "prepack", "refusal"]
