"""Logs show what happened and no token."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from brandvoice.logs import set_up_logs


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What is logged."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    stream = io.StringIO()
    set_up_logs(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "token",
    [
        "xoxb-1234567890-abcDEF",
        "xapp-1-A1-1234-abcdef",
        "xoxe.xoxb-1-abcdefgh",
        "hf_abcdefghijklmnopqrstu",
        "MTExMTExMTExMTExMTExMTEx.Gabcde.abcdefghijklmnopqrstuvwxyz0",
    ],
)
def test_tokens_are_hidden_also_in_tracebacks(logs: io.StringIO, token: str) -> None:
    try:
        raise ValueError(f"bad {token}")
    except ValueError:
        logging.getLogger("somewhere").exception("refused %s", token)
    shown = logs.getvalue()
    assert token not in shown
    assert "(hidden)" in shown
    assert "ERROR   somewhere: refused" in shown


def test_ordinary_words_stay(logs: io.StringIO) -> None:
    logging.getLogger("somewhere").info("conversation T1/C1/1700000000.000100 answered by harbor@3")
    assert "T1/C1/1700000000.000100 answered by harbor@3" in logs.getvalue()


def test_a_line_for_every_request_to_a_model_server_is_left_out(logs: io.StringIO) -> None:
    logging.getLogger("httpx2").info("HTTP Request: POST http://gpu-1:8000/v1/completions")
    assert logs.getvalue() == ""
