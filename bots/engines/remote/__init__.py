"""Engines on other machines: vLLM with its LoRA adapters, or any server that speaks the OpenAI API."""

from bots.engines.remote.engine import RemoteEngine, RemoteOptions
from bots.engines.remote.server import Patience, Server

__all__ = ["Patience", "RemoteEngine", "RemoteOptions", "Server"]
