import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.assistant import Assistant, Incoming, Reply, Waiting
from bots.limits import Limits
from brandvoice.testing import ScriptedEngine
from conversations.errors import BrandvoiceError, EngineError, LimitReached, NotFound
from conversations.store import ConversationStore, open_store
from styles.voices import Manifest, VoiceRegistry
from tests.bots.workplace import assistant_on

ASKED = Incoming("test", "c1", "c1/t1", "p1", "Where is my order?", "m1")


@pytest.fixture
def quick_store(tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


async def answer(assistant: Assistant, incoming: Incoming) -> Reply:
    assert await assistant.accept(incoming)
    parts = [part async for part in assistant.answer(incoming)]
    assert isinstance(parts[-1], Reply)
    return parts[-1]


def publish(folder: Path) -> VoiceRegistry:
    registry = VoiceRegistry(folder / "voices")
    registry.publish(registry.stage("harbor"), Manifest("harbor", 0, "b", "r", "d", "x", {}, 0, "h", {}, "now"))
    return registry


async def test_a_promoted_voice_speaks_from_the_next_message_on(quick_store: ConversationStore, tmp_path: Path) -> None:
    engine = ScriptedEngine("Hello.")
    assistant = assistant_on(quick_store, engine, tmp_path)
    registry = publish(tmp_path)
    first = await answer(assistant, ASKED)
    registry.promote("harbor", 1, who="ada")
    second = await answer(assistant, replace(ASKED, id="m2"))
    registry.rollback("harbor", who="ada")
    third = await answer(assistant, replace(ASKED, id="m3"))
    assert [r.voice for r in (first, second, third)] == ["harbor@0", "harbor@1", "harbor@0"]
    assert [r.voice.manifest.number if r.voice else 0 for r in engine.requests] == [0, 1, 0]


async def test_version_zero_is_told_the_guide_and_a_trained_voice_is_not(
    quick_store: ConversationStore, tmp_path: Path
) -> None:
    engine = ScriptedEngine("Hello.")
    assistant = assistant_on(quick_store, engine, tmp_path)
    await answer(assistant, ASKED)
    publish(tmp_path).promote("harbor", 1, who="ada")
    await answer(assistant, replace(ASKED, id="m2", place="c1/t2"))
    guided, trained = (request.messages for request in engine.requests)
    assert [m.role for m in guided] == ["system", "user"]
    assert [m.role for m in trained] == ["user"]


async def test_a_message_that_comes_twice_is_accepted_once(quick_store: ConversationStore, tmp_path: Path) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine(), tmp_path)
    assert [await assistant.accept(ASKED) for _ in range(3)] == [True, False, False]


async def test_too_many_or_too_long_messages_are_told_when_to_come_back(
    quick_store: ConversationStore, tmp_path: Path
) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine(), tmp_path, limits=Limits(per_person=2, characters=50))
    for number in range(2):
        await assistant.accept(replace(ASKED, id=f"m{number}"))
    with pytest.raises(LimitReached, match="try again in"):
        await assistant.accept(replace(ASKED, id="m9"))
    assert await assistant.accept(replace(ASKED, id="m10", person="p2"))
    with pytest.raises(LimitReached, match="up to 50"):
        await assistant.accept(replace(ASKED, id="m11", person="p2", text="a" * 51))


async def test_who_waits_is_told_the_place_in_the_queue(quick_store: ConversationStore, tmp_path: Path) -> None:
    engine = ScriptedEngine("Hello.")
    engine.hold.clear()
    assistant = assistant_on(quick_store, engine, tmp_path, limits=Limits(answers_at_once=1))
    later = replace(ASKED, id="m2", place="c1/t2", person="p2")
    for incoming in (ASKED, later):
        await assistant.accept(incoming)

    async def parts(incoming: Incoming) -> list[object]:
        return [part async for part in assistant.answer(incoming)]

    first = asyncio.create_task(parts(ASKED))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(parts(later))
    await asyncio.sleep(0.05)
    engine.hold.set()
    await first
    assert (await second)[0] == Waiting(1)


async def test_a_stopped_answer_keeps_what_was_said(quick_store: ConversationStore, tmp_path: Path) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine("one two three four five", delay=0.01), tmp_path)
    await assistant.accept(ASKED)
    parts: list[object] = []
    async for part in assistant.answer(ASKED):
        parts.append(part)
        assistant.stop("test", ASKED.place)
    reply = parts[-1]
    assert isinstance(reply, Reply)
    assert reply.text.startswith("one")
    assert "five" not in reply.text
    assert not assistant.stop("test", ASKED.place)


async def test_a_failing_engine_is_one_sentence_with_a_reference(
    quick_store: ConversationStore, tmp_path: Path
) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine(ValueError("cuda exploded")), tmp_path)
    await assistant.accept(ASKED)
    with pytest.raises(EngineError, match=r"reference [0-9a-f]{8}") as failed:
        [part async for part in assistant.answer(ASKED)]
    assert "cuda" not in str(failed.value)


async def test_what_an_earlier_process_left_unanswered_is_found_once(
    quick_store: ConversationStore, tmp_path: Path
) -> None:
    earlier = assistant_on(quick_store, ScriptedEngine(), tmp_path)
    await earlier.accept(ASKED)
    earlier.questions.presence.lose()
    restarted = assistant_on(quick_store, ScriptedEngine("Here."), tmp_path)
    (found,) = await restarted.unanswered("test")
    assert (found.place, found.text, found.id, found.style) == (ASKED.place, ASKED.text, ASKED.id, "harbor")
    assert [part async for part in restarted.answer(found)][-1].text == "Here."  # type: ignore[union-attr]
    assert await restarted.unanswered("test") == []


async def test_a_place_without_a_style_says_where_to_assign_one(quick_store: ConversationStore, tmp_path: Path) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine(), tmp_path, assignments=[])
    with pytest.raises(NotFound, match=r"\[\[assign\]\]"):
        await assistant.accept(ASKED)
    with pytest.raises(BrandvoiceError, match='no style "nix"'):
        assistant.voice_for("nix")
