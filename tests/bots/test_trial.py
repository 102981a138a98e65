from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.assignment import Assignment
from bots.assistant import Assistant, Incoming, Reply
from bots.trial import Listener, hears
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from styles.voices import Canary, Manifest, VoiceRegistry
from tests.bots.workplace import assistant_on

ASKED = Incoming("test", "c1", "c1/t1", "p1", "Where is my order?", "m1")
CANARY = Canary(2, 0.1, "person", False, 1, "2026-01-01", "ada")


@pytest.fixture
def quick_store(tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


@pytest.fixture
def registry(tmp_path: Path) -> VoiceRegistry:
    registry = VoiceRegistry(tmp_path / "voices")
    for _ in range(2):
        registry.publish(registry.stage("harbor"), Manifest("harbor", 0, "b", "r", "d", "x", {}, 0, "h", {}, "now"))
    registry.promote("harbor", 1, who="ada")
    return registry


async def answer(assistant: Assistant, incoming: Incoming) -> Reply:
    assert await assistant.accept(incoming)
    parts = [part async for part in assistant.answer(incoming)]
    assert isinstance(parts[-1], Reply)
    return parts[-1]


def listener(number: int, *, place: str = "t", channel: str = "c1") -> Listener:
    return Listener("slack", channel, place, f"p{number}")


def test_about_the_share_hears_the_candidate_and_always_the_same_ones() -> None:
    heard = [hears(CANARY, "harbor", listener(n), ()) for n in range(5_000)]
    assert 0.085 < sum(heard) / len(heard) < 0.115
    assert heard == [hears(CANARY, "harbor", listener(n, place="other", channel="c9"), ()) for n in range(5_000)]


def test_who_heard_it_still_does_when_the_share_grows_and_others_do_for_the_next_candidate() -> None:
    few = {n for n in range(2_000) if hears(CANARY, "harbor", listener(n), ())}
    more = {n for n in range(2_000) if hears(replace(CANARY, share=0.3), "harbor", listener(n), ())}
    following = {n for n in range(2_000) if hears(replace(CANARY, number=3), "harbor", listener(n), ())}
    assert few < more
    assert len(few & following) < len(few) / 2


def test_it_is_drawn_by_conversation_or_channel_where_the_canary_says_so() -> None:
    half = replace(CANARY, share=0.5, by="conversation")
    places = [hears(half, "harbor", listener(1, place=f"t{n}"), ()) for n in range(200)]
    assert 60 < sum(places) < 140
    channel = replace(half, by="channel")
    assert len({hears(channel, "harbor", listener(n, place=f"t{n}"), ()) for n in range(50)}) == 1


def test_an_assignment_has_its_own_share_and_nobody_or_everybody_may_hear_it_there() -> None:
    assignments = [Assignment("slack:c1", "harbor", 0.0), Assignment("slack:c2", "harbor", 1.0)]
    assert not any(hears(CANARY, "harbor", listener(n), assignments) for n in range(200))
    assert all(hears(CANARY, "harbor", listener(n, channel="c2"), assignments) for n in range(200))
    elsewhere = sum(hears(CANARY, "harbor", listener(n, channel="c3"), assignments) for n in range(2_000))
    assert 120 < elsewhere < 280


async def test_some_people_hear_the_candidate_until_it_is_taken_back(
    quick_store: ConversationStore, registry: VoiceRegistry, tmp_path: Path
) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine("Hello."), tmp_path)
    registry.start_canary("harbor", 2, share=0.5, who="ada")
    people = [replace(ASKED, person=f"p{n}", place=f"c1/t{n}", id=f"m{n}") for n in range(12)]
    first = [(await answer(assistant, one)).voice for one in people]
    assert set(first) == {"harbor@1", "harbor@2"}
    assert first == [(await answer(assistant, replace(one, id=f"again{one.id}"))).voice for one in people]
    registry.reject("harbor", 2, who="ada", reason="rude")
    assert {(await answer(assistant, replace(one, id=f"third{one.id}"))).voice for one in people} == {"harbor@1"}
    await assistant.close()


async def test_a_shadow_is_kept_and_shown_to_nobody(
    quick_store: ConversationStore, registry: VoiceRegistry, tmp_path: Path
) -> None:
    engine = ScriptedEngine("As the voice says.", "As the shadow says.")
    assistant = assistant_on(quick_store, engine, tmp_path)
    registry.start_canary("harbor", 2, share=0.0, shadow=True, who="ada")
    reply = await answer(assistant, ASKED)
    await assistant.afterwards.settle()
    (shadow,) = quick_store.live.shadows("harbor")
    assert (reply.text, reply.voice) == ("As the voice says.", "harbor@1")
    assert (shadow.reply, shadow.voice, shadow.content) == (reply.id, "harbor@2", "As the shadow says.")
    assert [m.content for m in quick_store.history(reply.conversation, 9)] == [ASKED.text, "As the voice says."]
    await assistant.close()


async def test_the_shadow_of_a_prompted_base_model_is_not_told_the_guide(
    quick_store: ConversationStore, tmp_path: Path
) -> None:
    engine = ScriptedEngine("Hello.")
    assistant = assistant_on(quick_store, engine, tmp_path)
    registry = VoiceRegistry(tmp_path / "voices")
    registry.publish(registry.stage("harbor"), Manifest("harbor", 0, "b", "r", "d", "x", {}, 0, "h", {}, "now"))
    registry.start_canary("harbor", 1, share=0.0, shadow=True, who="ada")
    await answer(assistant, ASKED)
    await assistant.afterwards.settle()
    assert [[m.role for m in r.messages] for r in engine.requests] == [["system", "user"], ["user"]]
    await assistant.close()


async def test_each_reply_is_scored_by_version_after_the_person_has_it(
    quick_store: ConversationStore, registry: VoiceRegistry, tmp_path: Path
) -> None:
    assistant = assistant_on(quick_store, ScriptedEngine("Hello there."), tmp_path)
    reply = await answer(assistant, ASKED)
    await assistant.afterwards.settle()
    (score,) = quick_store.live.scores("harbor")
    assert (score.reply, score.voice) == (reply.id, "harbor@1")
    assert 0 <= score.score <= 1
    quick_store.delete_message(reply.id)
    assert quick_store.live.scores("harbor") == []
    await assistant.close()
