"""What is shown of long work: how much of how much, how fast, and how long it will take."""

from __future__ import annotations

import pytest

from brandvoice import display
from brandvoice.display import CountDisplay


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then_says_how_far_how_fast_and_how_long(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with CountDisplay("conversations") as shown:
        shown.show("step 2 of 28, basis to toxicity", 4_000, 100_000)
        clock[0] += 12
        shown.show("step 2 of 28, basis to toxicity", 28_000, 100_000)
    assert capsys.readouterr().err == (
        "  step 2 of 28, basis to toxicity: 28,000 of 100,000 conversations  2,000/s  0:36 left\n"
    )


def test_without_a_total_nothing_is_promised(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with CountDisplay("records") as shown:
        clock[0] += 20
        shown.show("reading", 500)
        clock[0] += 10
        shown.show("reading", 1_500)
    assert capsys.readouterr().err == "  reading: 500 records\n  reading: 1,500 records  100/s\n"


def test_quick_work_shows_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with CountDisplay("records") as shown:
        clock[0] += 3
        shown.show("reading", 500)
    assert capsys.readouterr().err == ""
