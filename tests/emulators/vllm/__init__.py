"""A stand-in for a vLLM server: its documented protocol over a real socket, spoken by a tiny model."""

from tests.emulators.vllm.emulator import BreaksOff, Refuses, VllmEmulator, VllmSettings
from tests.emulators.vllm.speaker import Speaker

__all__ = ["BreaksOff", "Refuses", "Speaker", "VllmEmulator", "VllmSettings"]
