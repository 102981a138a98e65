"""Engines as the settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.engine import Request, Sampling, reply_text
from bots.engines.batching import BatchingEngine
from bots.engines.fallback import FallbackEngine
from brandvoice.builtin import engines, make_engine
from brandvoice.doctor import examine
from brandvoice.settings import load_settings
from brandvoice.workspace import Workspace
from conversations.errors import EngineError, SettingsError
from conversations.messages import Message
from styles.base_model import find_base_model
from tests.emulators.vllm import Speaker, VllmEmulator


def workspace(folder: Path, model: str) -> Workspace:
    folder.joinpath("brandvoice.toml").write_text(f"[model]\n{model}\n")
    folder.joinpath("styles").mkdir(exist_ok=True)
    return Workspace(folder)


async def test_an_endpoint_answers_and_while_it_is_away_the_fallback_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRANDVOICE_ENDPOINT_KEY", "s3cret")
    hello = Request((Message("user", "Where is my parcel?"),), None, Sampling(max_tokens=8))
    emulator = VllmEmulator(Speaker(find_base_model("starter").path))
    emulator.settings.api_key = "s3cret"
    async with emulator.listening():
        settings = f'engine = "openai"\nendpoint = "{emulator.address}/v1/"\nfallback = "echo"'
        engine = make_engine(workspace(tmp_path, settings), engines())
        assert isinstance(engine, FallbackEngine)
        said = await reply_text(engine, hello)
        assert said
        assert "You said" not in said
    assert await reply_text(engine, hello) == "You said: Where is my parcel?"
    await engine.close()


async def test_the_settings_bound_the_local_engine(tmp_path: Path) -> None:
    bounds = "answers_at_once = 3\nwaiting = 5\ncontext = 256\ncache_gib = 0.001\nreuse_gib = 0.25\nvoices_gib = 0.125"
    engine = make_engine(workspace(tmp_path, bounds), engines())
    assert isinstance(engine, BatchingEngine)
    limits = engine.limits
    assert (limits.slots, limits.queue, limits.context) == (3, 5, 256)
    assert (limits.prefix_bytes, limits.adapter_bytes) == (2**28, 2**27)
    assert engine.stats().slots < 3, "a thousandth of a GiB holds fewer answers"
    with pytest.raises(EngineError, match="context of 256"):
        await reply_text(engine, Request((Message("user", "Hi"),), None, Sampling(max_tokens=256)))
    await engine.close()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ('engine = "openai"', "needs endpoint"),
        ('engine = "openai"\nendpoint = "gpu-1:8000"', "endpoint"),
        ('fallback = "local"', "another engine"),
        ("cache_gib = nan", "cache_gib"),
        ("context = 0\nanswers_at_once = 0", "answers_at_once"),
    ],
)
def test_faulty_settings_are_named(tmp_path: Path, model: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(workspace(tmp_path, model).root / "brandvoice.toml")


def test_an_unknown_fallback_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='fallback = "nearby" is not known'):
        make_engine(workspace(tmp_path, 'engine = "echo"\nfallback = "nearby"'), engines())


def test_the_doctor_says_that_nobody_is_at_the_endpoint(tmp_path: Path) -> None:
    root = workspace(tmp_path, 'engine = "openai"\nendpoint = "http://127.0.0.1:9"').root
    [finding] = [finding for finding in examine(root) if finding.subject == "endpoint"]
    assert finding.state == "fault"
    assert "cannot be reached" in finding.detail
