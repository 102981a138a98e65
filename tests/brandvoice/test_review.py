"""The review as people use it: single keys on a full screen, or lines from a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from brandvoice.review import Review, _screen, _wrapped, lines_of, review_style
from conversations.messages import Message, Submission
from conversations.store import ConversationStore, open_store
from styles.review import ReviewDesk
from styles.style import Style

TEA = Style(name="tea", about="A shop that sells tea.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{tmp_path}/brandvoice.db") as opened:
        for number in range(4):
            messages = (Message("user", f"Is it {number}?"), Message("assistant", f"It is {number}."))
            opened.submit(Submission(f"s{number}", "tea", "ben", messages))
        yield opened


@pytest.fixture
def desk(store: ConversationStore, tmp_path: Path) -> ReviewDesk:
    return ReviewDesk(store, TEA, data_dir=tmp_path, reviewer="dora")


def press(desk: ReviewDesk, keys: str) -> Review:
    """What a review is like after these keys on the screen, the last of which leaves it."""
    review = Review(desk)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        _screen(review).run()
    return review


def states(store: ConversationStore) -> list[tuple[str, str, str | None]]:
    return [(s.state, s.messages[-1].content, s.note) for s in store.submissions("tea")]


def test_one_key_each_decides(store: ConversationStore, desk: ReviewDesk) -> None:
    review = press(desk, "aroff tone\re Ahoy!\x13sq")  # Ctrl-S is 0x13
    assert states(store) == [
        ("approved", "It is 0.", None),
        ("rejected", "It is 1.", "off tone"),
        ("approved", "It is 2. Ahoy!", None),
        ("waiting", "It is 3.", None),
    ]
    assert (len(review.waiting), review.item) == (1, None)


def test_undo_goes_back_and_a_key_of_a_text_decides_nothing(store: ConversationStore, desk: ReviewDesk) -> None:
    press(desk, "aauuraas\rq")
    assert states(store)[0] == ("rejected", "It is 0.", "aas")
    assert [state for state, *_ in states(store)[1:]] == ["waiting"] * 3


def test_a_rejection_without_a_reason_stays_on_the_screen(store: ConversationStore, desk: ReviewDesk) -> None:
    review = press(desk, "r\r\x03")
    assert review.said.startswith("Say why")
    assert states(store)[0][0] == "waiting"


def test_a_review_that_was_left_goes_on_where_it_was(store: ConversationStore, desk: ReviewDesk) -> None:
    press(desk, "aq")
    again = Review(desk)
    assert again.item is not None
    assert again.item.id == "s1"
    assert again.head.startswith(" 3 left   1 decided by dora")


def test_lines_from_a_pipe_do_the_same(
    store: ConversationStore, desk: ReviewDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a\nr off tone\ne Ahoy\nwhat\n"))
    assert review_style(desk) == 3
    assert [state for state, *_ in states(store)] == ["approved", "rejected", "approved", "waiting"]
    assert "s1 is rejected" in capsys.readouterr().out


def test_a_message_cannot_steer_the_terminal(store: ConversationStore, desk: ReviewDesk) -> None:
    store.submit(Submission("a0", "tea", "ben", (Message("user", "x"), Message("assistant", "\x1b[2Jgone\x07"))))
    item = desk.look(next(waiting for waiting in desk.queue() if waiting.id == "a0"))
    shown = [line for _, text in lines_of(item) for line in _wrapped(text, 80)]
    assert "assistant: \ufffd[2Jgone\ufffd" in shown
