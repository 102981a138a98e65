"""The batching engine says, token for token, what `transformers.generate` says alone."""

from __future__ import annotations

import asyncio
import time

import pytest

from bots.engine import Request
from bots.engines.batching import BatchingEngine, Pace
from styles.voices import VoiceVersion
from tests.bots.engines.conftest import MakeEngine
from tests.bots.engines.models import Voices, answer, answers, asked, greedy, until

LONG = "Where is my parcel? " * 9


def speakers(voices: Voices) -> list[VoiceVersion | None]:
    return [None, voices.registry.version("acme", 1), voices.registry.version("bolt", 1)]


async def test_each_voice_alone_answers_as_generate_does(engine: BatchingEngine, voices: Voices) -> None:
    said = []
    for voice in speakers(voices):
        expected = voices.plain(voice, asked("Hello?"), max_tokens=40)
        assert await answer(engine, Request(asked("Hello?"), voice, greedy(40))) == expected
        said.append(expected)
    assert len(set(said)) == 3, "the voices must differ for this test to mean anything"


async def test_many_voices_in_one_batch_answer_as_generate_does(engine: BatchingEngine, voices: Voices) -> None:
    questions = [(voice, asked(f"Question {n}. " * (1 + n % 4))) for n in range(6) for voice in speakers(voices)]
    expected = [voices.plain(voice, question, max_tokens=20) for voice, question in questions]
    got = await answers(engine, *(Request(question, voice, greedy(20)) for voice, question in questions))
    assert got == expected
    assert engine.stats().counts.steps < 100, "they must have been batched"


@pytest.mark.parametrize("chunk", [3, 64])
async def test_prompts_in_chunks_change_nothing(make_engine: MakeEngine, voices: Voices, chunk: int) -> None:
    engine = make_engine(pace=Pace(smallest=chunk, largest=chunk))
    questions = [(voice, asked(text)) for voice in speakers(voices) for text in (LONG, "Hi", LONG[5:])]
    expected = [voices.plain(voice, question, max_tokens=12) for voice, question in questions]
    assert await answers(engine, *(Request(q, v, greedy(12)) for v, q in questions)) == expected


async def test_few_slots_change_nothing_but_the_time(make_engine: MakeEngine, voices: Voices) -> None:
    engine = make_engine(slots=2)
    questions = [asked(f"{n} " * n) for n in range(1, 9)]
    expected = [voices.plain(None, question, max_tokens=5 + n) for n, question in enumerate(questions)]
    got = await answers(engine, *(Request(q, None, greedy(5 + n)) for n, q in enumerate(questions)))
    assert got == expected


async def test_a_conversation_goes_on_from_what_is_known_and_says_the_same(
    engine: BatchingEngine, voices: Voices
) -> None:
    voice = voices.registry.version("acme", 1)
    first = asked(LONG)
    await answer(engine, Request(first, voice, greedy(16), person="ann"))
    second = (*first, *asked("And now?"))
    expected = voices.plain(voice, second, max_tokens=16)
    computed = engine.stats().counts.prompt_tokens
    assert await answer(engine, Request(second, voice, greedy(16), person="ann")) == expected
    assert engine.stats().counts.reused_tokens > len(LONG)
    assert engine.stats().counts.prompt_tokens - computed < 30


@pytest.mark.parametrize("other", ["another person", "another voice", "nobody"])
async def test_what_was_said_with_somebody_is_not_reused_for(
    engine: BatchingEngine, voices: Voices, other: str
) -> None:
    acme, bolt = speakers(voices)[1:]
    await answer(engine, Request(asked(LONG), acme, greedy(4), person="ann"))
    person = {"another person": "bob", "another voice": "ann", "nobody": ""}[other]
    voice = bolt if other == "another voice" else acme
    expected = voices.plain(voice, asked(LONG), max_tokens=8)
    assert await answer(engine, Request(asked(LONG), voice, greedy(8), person=person)) == expected
    assert engine.stats().counts.reused_tokens == 0


async def test_instructions_are_computed_once_for_everybody(engine: BatchingEngine, voices: Voices) -> None:
    guide = "You speak for Acme, in short sentences. " * 4
    questions = [asked(text, system=guide) for text in ("Hi", "Where is it?", "Thanks")]
    expected = [voices.plain(None, question, max_tokens=10) for question in questions]
    for name, question, wanted in zip("abc", questions, expected, strict=True):
        assert await answer(engine, Request(question, None, greedy(10), person=name)) == wanted
    assert engine.stats().counts.reused_tokens >= 2 * len(guide)


async def test_a_forgotten_person_leaves_nothing_to_reuse(engine: BatchingEngine) -> None:
    await answer(engine, Request(asked(LONG), None, greedy(4), person="ann"))
    assert engine.stats().prefixes == 1
    engine.forget("ann")
    await answer(engine, Request(asked(LONG), None, greedy(4), person="bob"))
    assert engine.stats().prefixes == 1
    await answer(engine, Request(asked(LONG), None, greedy(4), person="ann"))
    assert engine.stats().counts.reused_tokens == 0


async def test_a_new_version_speaks_at_once_and_running_answers_keep_theirs(
    engine: BatchingEngine, voices: Voices
) -> None:
    old, new = voices.make("swap", seed=10), voices.make("swap", seed=11)
    questions = [asked(f"Tell me about {n}") for n in range(4)]
    before = [voices.plain(old, question, max_tokens=60) for question in questions]
    after = [voices.plain(new, question, max_tokens=30) for question in questions]
    running = asyncio.gather(*(answer(engine, Request(q, old, greedy(60))) for q in questions))
    await until(lambda: engine.stats().running == 4)
    assert await answers(engine, *(Request(q, new, greedy(30)) for q in questions)) == after
    assert await running == before


async def test_a_conversation_longer_than_the_context_loses_its_oldest_turns(
    engine: BatchingEngine, voices: Voices
) -> None:
    talk = (*asked(LONG), *asked(LONG), *asked(LONG), *asked("Well?"))
    expected = voices.plain(None, talk[-3:], max_tokens=10)
    assert len(voices.renderer.prompt(talk)) > 502
    assert await answer(engine, Request(talk, None, greedy(10))) == expected


async def test_three_swaps_under_24_streams_fail_none_and_mix_none(make_engine: MakeEngine, voices: Voices) -> None:
    engine = make_engine(slots=24)
    engine._loop.runtime.model.register_forward_pre_hook(lambda *_: time.sleep(0.02))
    versions = [voices.make("busy", seed=seed) for seed in range(20, 24)]
    questions = [asked(f"Tell me about {n}") for n in range(3)]
    registry, heard = voices.registry, list[list[asyncio.Task[str]]]()
    for version in versions:
        registry.promote("busy", version.manifest.number, who="ada")
        speaks = registry.current("busy")
        asks = [Request(question, speaks, greedy(40)) for question in questions * 2]
        heard.append([asyncio.create_task(answer(engine, request)) for request in asks])
        spoken = engine.stats().counts.tokens
        await until(lambda before=spoken: engine.stats().counts.tokens >= before + 12)
    assert engine.stats().adapter_loads == len(versions)
    assert not heard[0][0].done(), "the first answers must still run when the last version takes over"
    for version, tasks in zip(versions, heard, strict=True):
        expected = [voices.plain(version, question, max_tokens=40) for question in questions]
        assert await asyncio.gather(*tasks) == expected * 2
