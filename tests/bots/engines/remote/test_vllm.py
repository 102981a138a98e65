"""Voices spoken by vLLM: the same answers, adapters loaded when they are needed, faults told in a sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.engine import Finish, Request, Sampling, ScoredToken
from bots.engines.remote import RemoteEngine
from bots.engines.remote.loading import voice_name
from conversations.errors import EngineError, EngineUnreachable, VoiceRefused
from tests.bots.engines.models import Voices, answer, answers, asked, greedy, tiny_base, until
from tests.bots.engines.remote.conftest import MakeRemote
from tests.emulators.vllm import Speaker, VllmEmulator


async def test_every_voice_answers_as_it_does_alone_on_this_machine(remote: RemoteEngine, voices: Voices) -> None:
    speakers = [None, voices.registry.version("acme", 1), voices.registry.version("bolt", 1)]
    questions = [(voice, asked(f"Question {n}", system="Be kind.")) for n in range(2) for voice in speakers]
    expected = [voices.plain(voice, question, max_tokens=16) for voice, question in questions]
    assert len(set(expected[:3])) == 3
    assert await answers(remote, *(Request(q, v, greedy(16)) for v, q in questions)) == expected


async def test_the_server_gets_the_tokens_that_our_renderer_makes_and_none_of_its_own_defaults(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices
) -> None:
    sampling = Sampling(5, temperature=0.5, top_p=0.9, top_k=7, seed=3, stop=("zzz",))
    await answer(remote, Request(asked("Hello <|end|> there"), None, sampling))
    [body] = vllm.bodies("/v1/completions")
    assert body["prompt"] == voices.renderer.prompt(asked("Hello <|end|> there"))
    sent = {name: body[name] for name in ("max_tokens", "temperature", "top_p", "top_k", "seed", "stop")}
    assert sent == {"max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "top_k": 7, "seed": 3, "stop": ["zzz"]}
    assert (body["min_p"], body["repetition_penalty"]) == (0, 1)
    assert body["stop_token_ids"] == [voices.renderer.end_of_turn()]


async def test_the_end_and_the_chances_of_tokens_are_told(remote: RemoteEngine, voices: Voices) -> None:
    finishes: list[Finish] = []
    tokens: list[ScoredToken] = []
    request = Request(asked("Hi"), None, greedy(8), on_finish=finishes.append, on_token=tokens.append, likeliest=2)
    await answer(remote, request)
    assert finishes == [Finish("length", len(voices.renderer.prompt(asked("Hi"))), 8)]
    assert len(tokens) == 8
    assert all(0 < len(t.others) <= 2 and t.others[0][1] == t.logprob <= 0 for t in tokens)


async def test_the_server_is_described_for_the_doctor(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    assert await remote.check() == "tiny on vLLM, which loads our voices"
    vllm.settings.owner = "somebody"
    remote._connection = None
    assert await remote.check() == "tiny on an OpenAI-compatible server"


async def test_a_voice_is_loaded_once_and_tried_before_it_speaks(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices
) -> None:
    acme = voices.registry.version("acme", 1)
    await answers(remote, *(Request(asked("Hi"), acme, greedy(4)) for _ in range(4)))
    [loaded] = vllm.bodies("/v1/load_lora_adapter")
    assert loaded == {"lora_name": voice_name(acme), "lora_path": str(acme.path)}
    assert [body["model"] for body in vllm.bodies("/v1/completions") if not body.get("stream")] == [
        "tiny",
        voice_name(acme),
    ]


async def test_where_the_server_sees_our_voices_can_be_said(
    make_remote: MakeRemote, vllm: VllmEmulator, voices: Voices, tmp_path: Path
) -> None:
    (tmp_path / "mounted").symlink_to(voices.registry.root)
    engine = make_remote(voices=str(tmp_path / "mounted"))
    assert await answer(engine, Request(asked("Hi"), voices.registry.version("acme", 1), greedy(4)))
    assert list(vllm.adapters.values()) == [str(tmp_path / "mounted/acme/1")]


async def test_the_least_recently_used_voice_makes_room_and_one_in_use_stays(
    make_remote: MakeRemote, vllm: VllmEmulator, voices: Voices
) -> None:
    engine = make_remote(voices_loaded=1)
    acme, bolt = voices.registry.version("acme", 1), voices.registry.version("bolt", 1)
    await answer(engine, Request(asked("Hi"), acme, greedy(2)))
    await answer(engine, Request(asked("Hi"), bolt, greedy(2)))
    assert list(vllm.adapters) == [voice_name(bolt)]
    vllm.settings.pause = 0.005
    speaking = asyncio.create_task(answer(engine, Request(asked("Hi"), bolt, greedy(60))))
    await until(lambda: sum(bool(body.get("stream")) for body in vllm.bodies("/v1/completions")) == 3)
    await answer(engine, Request(asked("Hi"), acme, greedy(2)))
    assert voice_name(bolt) in vllm.adapters
    assert await speaking == voices.plain(bolt, asked("Hi"), max_tokens=60)


async def test_after_a_restart_of_the_server_voices_are_loaded_again(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices
) -> None:
    acme = voices.registry.version("acme", 1)
    expected = voices.plain(acme, asked("Hi"), max_tokens=9)
    assert await answer(remote, Request(asked("Hi"), acme, greedy(9))) == expected
    vllm.adapters.clear()
    assert await answer(remote, Request(asked("Hi"), acme, greedy(9))) == expected
    assert len(vllm.bodies("/v1/load_lora_adapter")) == 2


async def test_what_another_process_loaded_is_taken_over(
    make_remote: MakeRemote, vllm: VllmEmulator, voices: Voices
) -> None:
    acme, bolt = voices.registry.version("acme", 1), voices.registry.version("bolt", 1)
    vllm.adapters |= {voice_name(acme): str(acme.path), "somebody-elses": str(bolt.path)}
    engine = make_remote(voices_loaded=1)
    assert await answer(engine, Request(asked("Hi"), acme, greedy(4)))
    assert vllm.bodies("/v1/load_lora_adapter") == []
    vllm.adapters[voice_name(bolt)] = str(bolt.path)  # loaded while we did not look
    assert await answer(engine, Request(asked("Hi"), bolt, greedy(4)))
    assert set(vllm.adapters) == {voice_name(bolt), "somebody-elses"}


async def test_a_voice_that_changes_nothing_at_the_server_is_refused(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices
) -> None:
    vllm.settings.ignores_adapters = True
    with pytest.raises(VoiceRefused, match="answers as its base model"):
        await answer(remote, Request(asked("Hi"), voices.registry.version("acme", 1), greedy(4)))
    assert vllm.adapters == {}
    assert await answer(remote, Request(asked("Hi"), None, greedy(4)))


async def test_a_voice_of_another_base_model_is_refused_before_the_server_sees_it(
    remote: RemoteEngine, vllm: VllmEmulator, tmp_path: Path
) -> None:
    other = Voices(tiny_base(tmp_path / "other", seed=9), tmp_path / "voices")
    with pytest.raises(VoiceRefused, match="was trained on"):
        await answer(remote, Request(asked("Hi"), other.make("acme"), greedy(4)))
    assert vllm.bodies("/v1/load_lora_adapter") == []


async def test_a_rank_that_is_too_large_comes_with_the_flag_to_set(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices
) -> None:
    vllm.settings.max_lora_rank = 2
    with pytest.raises(VoiceRefused, match=r"rank 4 is greater than max_lora_rank 2.*--max-lora-rank 4"):
        await answer(remote, Request(asked("Hi"), voices.registry.version("acme", 1), greedy(4)))


async def test_a_folder_that_the_server_does_not_see_comes_with_the_setting(
    make_remote: MakeRemote, voices: Voices
) -> None:
    with pytest.raises(VoiceRefused, match="endpoint_voices"):
        await answer(
            make_remote(voices="/nowhere"), Request(asked("Hi"), voices.registry.version("acme", 1), greedy(4))
        )


async def test_a_server_without_run_time_loading_comes_with_how_to_start_it(
    make_remote: MakeRemote, speaker: Speaker, voices: Voices
) -> None:
    emulator = VllmEmulator(speaker)
    emulator.settings.runtime_loading = False
    async with emulator.listening():
        engine = make_remote(address=emulator.address)
        with pytest.raises(VoiceRefused, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
            await answer(engine, Request(asked("Hi"), voices.registry.version("acme", 1), greedy(4)))


async def test_a_server_with_another_tokenizer_is_refused(
    make_remote: MakeRemote, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = speaker.tokenizer
    monkeypatch.setattr(speaker, "tokenizer", lambda text, **_: {"input_ids": tokens(text)["input_ids"][1:]})
    with pytest.raises(EngineError, match="makes other tokens than"):
        await answer(make_remote(), Request(asked("Hi"), None, greedy(4)))


async def test_a_conversation_that_is_too_long_loses_its_oldest_turns(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    talk = (*asked("Long ago. " * 40), *asked("And then? " * 10))
    assert await answer(remote, Request(talk, None, greedy(100)))
    with pytest.raises(EngineError, match="leaves no room"):
        await answer(remote, Request(asked("Hi"), None, greedy(512)))
    assert len(vllm.bodies("/v1/completions")) == 1


async def test_an_answer_over_a_restart_in_the_middle_fails_and_the_next_one_is_answered(
    speaker: Speaker, make_remote: MakeRemote, voices: Voices
) -> None:
    acme, first = voices.registry.version("acme", 1), VllmEmulator(speaker)
    first.settings.pause = 0.01
    async with first.listening():
        engine = make_remote(address=first.address)
        speaking = asyncio.create_task(answer(engine, Request(asked("Hi"), acme, greedy(300))))
        await until(lambda: any(body.get("stream") for body in first.bodies("/v1/completions")))
        await asyncio.sleep(0.1)
    with pytest.raises(EngineUnreachable, match=r"try again"):
        await speaking
    with pytest.raises(EngineUnreachable, match="cannot be reached"):
        await answer(engine, Request(asked("Hi"), acme, greedy(4)))
    async with VllmEmulator(speaker).listening(int(first.address.rsplit(":")[-1])):
        expected = voices.plain(acme, asked("Hi"), max_tokens=4)
        assert await answer(engine, Request(asked("Hi"), acme, greedy(4))) == expected
