"""Text as it is streamed: whole characters, and never a part of a stop string."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.engine import Request
from bots.engines.batching import BatchingEngine
from bots.engines.batching.text import ReplyText
from tests.bots.engines.models import Voices, answer, asked, greedy


def decode_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", errors="replace")


def stream(tokens: Sequence[int], *stop: str) -> list[str]:
    text = ReplyText(decode_bytes, stop)
    pieces = []
    for token in tokens:
        pieces.append(text.push(token))
        if text.stopped:
            break
    return [*pieces, text.finish()]


@given(st.binary(max_size=60))
def test_the_pieces_are_the_whole_text_whatever_the_bytes(data: bytes) -> None:
    assert "".join(stream(data)) == decode_bytes(data)


@given(st.text(max_size=40))
def test_no_piece_holds_half_a_character(text: str) -> None:
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in stream(text.encode("utf-8", "surrogatepass")))


@given(st.text(alphabet="abé", max_size=30), st.lists(st.text(alphabet="abé", min_size=1, max_size=4), max_size=3))
def test_the_text_ends_before_the_first_stop_string_and_no_piece_shows_its_beginning(
    text: str, stops: list[str]
) -> None:
    got = "".join(stream(text.encode(), *stops))
    first_end = min((text.find(s) + len(s) for s in stops if s in text), default=None)
    seen = text if first_end is None else text[:first_end]
    cut = min((seen.find(s) for s in stops if s in seen), default=len(text))
    assert got == text[:cut]


def test_a_possible_beginning_of_a_stop_string_waits_for_certainty() -> None:
    assert stream(b"a\nUs", "\nUser:") == ["a", "", "", "", "\nUs"]
    assert stream(b"a\nUx", "\nUser:") == ["a", "", "", "\nUx", ""]


@pytest.mark.parametrize("length", [1, 2, 5])
async def test_a_stop_string_ends_a_reply_across_token_borders(
    engine: BatchingEngine, voices: Voices, length: int
) -> None:
    whole = voices.plain(None, asked("Hi there"), max_tokens=60)
    start = next(i for i in range(5, 50) if "\ufffd" not in whole[i : i + length])
    stop = whole[start : start + length]
    got = await answer(engine, Request(asked("Hi there"), None, greedy(60, stop=("never said", stop))))
    assert got == whole[: whole.find(stop)]
    assert engine.stats().running == 0
