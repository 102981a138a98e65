"""Answers from a brand's own files: quoted to the model, named to the person, and not kept as the brand's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bots.assistant import Assistant, Incoming, Reply
from bots.engine import Request
from brandvoice.builtin import fact_searches
from brandvoice.facts import describe_facts, load_facts
from brandvoice.testing import ScriptedEngine
from brandvoice.workspace import Workspace
from conversations.errors import EngineError, SettingsError
from conversations.messages import Message
from conversations.store import ConversationStore, open_store
from styles.facts import FactIndex, Facts, Passage
from tests.bots.workplace import assistant_on

ASKED = Incoming("test", "c1", "c1/t1", "p1", "Can I return my lamp?", "m1")
STYLE = 'name = "harbor"\nabout = "Harbor sells lamps and is friendly."\n'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "brandvoice.toml").write_text("")
    facts = tmp_path / "styles" / "harbor" / "facts"
    facts.mkdir(parents=True)
    (tmp_path / "styles" / "harbor.toml").write_text(STYLE)
    (facts / "returns.md").write_text("# Returns\nLamps can be returned within 30 days.")
    return Workspace(tmp_path)


def answering(store: ConversationStore, engine: ScriptedEngine, folder: Path, facts: Facts) -> Assistant:
    assistant = assistant_on(store, engine, folder)
    assistant.facts = facts
    return assistant


async def parts_of(assistant: Assistant, incoming: Incoming) -> tuple[str, Reply]:
    await assistant.accept(incoming)
    *pieces, reply = [part async for part in assistant.answer(incoming)]
    assert isinstance(reply, Reply)
    return "".join(piece for piece in pieces if isinstance(piece, str)), reply


async def test_facts_are_quoted_the_source_is_shown_and_neither_is_kept(
    store: ConversationStore, tmp_path: Path, workspace: Workspace
) -> None:
    engine = ScriptedEngine("Yes, within 30 days!")
    assistant = answering(store, engine, tmp_path, load_facts(workspace, fact_searches()))
    streamed, reply = await parts_of(assistant, ASKED)
    assert "> Lamps can be returned within 30 days." in engine.requests[0].messages[-1].content
    assert engine.requests[0].messages[-1].content.endswith("\n\nCan I return my lamp?")
    assert streamed == reply.text == "Yes, within 30 days!\n\nSource: Returns (returns.md)"
    assert reply.sources == "Source: Returns (returns.md)"
    kept = store.history(reply.conversation, 10)
    assert [m.content for m in kept] == ["Can I return my lamp?", "Yes, within 30 days!"]


async def test_small_talk_is_neither_quoted_to_nor_sourced(
    store: ConversationStore, tmp_path: Path, workspace: Workspace
) -> None:
    engine = ScriptedEngine("Hello to you!")
    assistant = answering(store, engine, tmp_path, load_facts(workspace, fact_searches()))
    streamed, reply = await parts_of(assistant, Incoming("test", "c1", "c1/t1", "p1", "Hello there", "m1"))
    assert engine.requests[0].messages[-1].content == "Hello there"
    assert streamed == reply.text == "Hello to you!"


async def test_a_programs_reply_is_told_its_sources_apart_from_the_text(
    store: ConversationStore, tmp_path: Path, workspace: Workspace
) -> None:
    engine, told = ScriptedEngine("Within 30 days."), list[str]()
    assistant = answering(store, engine, tmp_path, load_facts(workspace, fact_searches()))
    request = Request((Message("user", "Returning a lamp?"),))
    pieces = [p async for p in assistant.reply(assistant.voice_for("harbor"), request, on_sources=told.append)]
    assert "".join(pieces) == "Within 30 days."
    assert told == ["Source: Returns (returns.md)"]


async def test_a_search_that_fails_is_no_reason_to_make_something_up(store: ConversationStore, tmp_path: Path) -> None:
    class Broken:
        def search(self, question: str, *, limit: int = 3) -> Sequence[Passage]:
            raise LookupError("the index is gone")

    assistant = answering(store, ScriptedEngine("Sure."), tmp_path, Facts({"harbor": Broken()}))
    await assistant.accept(ASKED)
    with pytest.raises(EngineError, match="could not look that up"):
        assert [part async for part in assistant.answer(ASKED)]


def test_a_style_without_a_folder_has_no_facts(workspace: Workspace) -> None:
    (workspace.styles_folder / "volt.toml").write_text(STYLE.replace("harbor", "volt"))
    facts = load_facts(workspace, fact_searches())
    asked = [Message("user", "Can I return my lamp?")]
    assert facts.ground("volt", asked).passages == ()
    assert facts.ground("harbor", asked).passages
    assert describe_facts(workspace).startswith("harbor: 1 passage in")


def test_the_folder_and_the_search_can_be_set(workspace: Workspace, tmp_path: Path) -> None:
    seen: list[Path] = []

    def by_meaning(folder: Path, style: object) -> FactIndex:
        seen.append(folder)
        return FactIndex(folder)

    (tmp_path / "help").mkdir()
    (tmp_path / "brandvoice.toml").write_text('[styles.harbor]\nfacts = "help"\nfacts_search = "meaning"')
    load_facts(Workspace(tmp_path), {"meaning": by_meaning})
    assert seen == [tmp_path / "help"]
    with pytest.raises(SettingsError, match='facts_search = "meaning" is not known'):
        load_facts(Workspace(tmp_path), fact_searches())


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "brandvoice.toml").write_text('[styles.harbor]\nfacts = "nowhere"')
    with pytest.raises(SettingsError, match="there is no folder"):
        load_facts(Workspace(tmp_path), fact_searches())
