"""What every platform has to do, as tests: a module that imports them needs a fixture `stage`."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from brandvoice.testing import ScriptedEngine
from conversations.errors import EngineError
from conversations.store import ConversationStore

__all__ = [
    "test_a_better_answer_waits_for_review",
    "test_a_failing_engine_is_one_plain_sentence",
    "test_a_message_gets_one_answer_that_is_kept_with_its_version",
    "test_a_message_that_comes_again_is_answered_once",
    "test_a_refusal_of_the_engine_is_told_as_it_is",
    "test_a_vote_is_kept_once_with_the_version",
    "test_an_answer_that_is_stopped_keeps_what_was_said",
    "test_the_next_message_is_answered_after_what_was_said_before",
]


class Stage(Protocol):
    """A person in front of a platform. What `ask` returns is whatever the stage knows the question by."""

    engine: ScriptedEngine
    store: ConversationStore
    lacks: frozenset[str]  # "redelivery", "stop": what there is no way to do on this platform

    def ask(self, text: str, *, after: Any = None) -> Any:
        """Say something; `after` an earlier question, in its conversation."""
        ...

    def shown(self, question: Any) -> str:
        """What the person reads as the answer, once there is nothing more to come."""
        ...

    def wait_for_words(self, question: Any) -> None:
        """Until the first words of the answer can be read."""
        ...

    def deliver_again(self, question: Any) -> None: ...

    def stop(self, question: Any) -> None: ...

    def vote(self, question: Any, thumb: str) -> None:
        """Judge the answer, and wait until that is kept."""
        ...

    def better(self, question: Any, text: str) -> None:
        """Hand in a better answer, and wait until that is kept."""
        ...


def test_a_message_gets_one_answer_that_is_kept_with_its_version(stage: Stage) -> None:
    stage.engine.scripts = ["Your parcel is on its way."]
    question = stage.ask("Where is my parcel?")
    assert "Your parcel is on its way." in stage.shown(question)
    (conversation,) = stage.store.conversations(None)
    asked, said = conversation.messages
    assert (asked.role, asked.content) == ("user", "Where is my parcel?")
    assert (said.role, said.content, said.voice) == ("assistant", "Your parcel is on its way.", "harbor@0")
    assert asked.author


def test_the_next_message_is_answered_after_what_was_said_before(stage: Stage) -> None:
    stage.engine.scripts = ["First answer.", "Second answer."]
    first = stage.ask("One?")
    stage.shown(first)
    assert "Second answer." in stage.shown(stage.ask("Two?", after=first))
    shown = [(m.role, m.content) for m in stage.engine.requests[1].messages if m.role != "system"]
    assert shown == [("user", "One?"), ("assistant", "First answer."), ("user", "Two?")]


def test_a_message_that_comes_again_is_answered_once(stage: Stage) -> None:
    if "redelivery" in stage.lacks:
        pytest.skip("nothing is delivered twice here")
    question = stage.ask("Where is my parcel?")
    stage.shown(question)
    stage.deliver_again(question)
    stage.shown(question)
    assert len(stage.engine.requests) == 1
    (conversation,) = stage.store.conversations(None)
    assert len(conversation.messages) == 2


def test_a_vote_is_kept_once_with_the_version(stage: Stage) -> None:
    question = stage.ask("Where is my parcel?")
    stage.shown(question)
    stage.vote(question, "up")
    stage.vote(question, "down")
    (feedback,) = stage.store.feedback()
    assert (feedback.thumb, feedback.voice) == ("down", "harbor@0")


def test_a_better_answer_waits_for_review(stage: Stage) -> None:
    question = stage.ask("Where is my parcel?")
    stage.shown(question)
    stage.better(question, "It is nearly there!")
    (submission,) = stage.store.submissions()
    assert (submission.state, submission.style) == ("waiting", "harbor")
    assert [m.content for m in submission.messages] == ["Where is my parcel?", "It is nearly there!"]
    (feedback,) = stage.store.feedback()
    assert (submission.replaces, feedback.better_answer) == (feedback.reply, "It is nearly there!")


def test_a_failing_engine_is_one_plain_sentence(stage: Stage) -> None:
    stage.engine.scripts = [RuntimeError("the path /secret/model is broken")]
    shown = stage.shown(stage.ask("Where is my parcel?"))
    assert shown.count("Something went wrong while answering. Please try again (reference ") == 1
    assert "secret" not in shown
    assert "Traceback" not in shown


def test_a_refusal_of_the_engine_is_told_as_it_is(stage: Stage) -> None:
    stage.engine.scripts = [EngineError("The model is resting. Please try again tomorrow.")]
    assert "The model is resting. Please try again tomorrow." in stage.shown(stage.ask("Where is my parcel?"))


def test_an_answer_that_is_stopped_keeps_what_was_said(stage: Stage) -> None:
    if "stop" in stage.lacks:
        pytest.skip("an answer cannot be stopped here")
    stage.engine.scripts = ["one " + "more " * 60 + "last"]
    stage.engine.delay = 0.05
    question = stage.ask("Count!")
    stage.wait_for_words(question)
    stage.stop(question)
    shown = stage.shown(question)
    (conversation,) = stage.store.conversations(None)
    said = conversation.messages[-1].content
    assert said.startswith("one")
    assert said.endswith("…")
    assert said in shown
    assert "last" not in shown
    assert stage.engine.closed == 1
