"""Logs of what is served: a line each on stderr, never with a token in it."""

from __future__ import annotations

import logging
import re
from typing import Final, TextIO

_TOKEN: Final = re.compile(
    r"\b(?:xox[a-z]|xapp|xoxe)(?:\.xox[a-z])?-[\w.-]{6,}"  # Slack
    r"|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # Discord
    r"|\b(?:hf|sk|bv)[_-][\w-]{16,}"
    r"|(?<=ticket=)[\w-]+"  # in the address of a Slack socket
)
# The last one would log what people wrote whenever a signature does not fit.
_NOISY: Final = ("alembic", "httpx", "httpx2", "urllib3", "aiohttp.access", "slack_bolt.RequestVerification")


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _TOKEN.sub("(hidden)", super().format(record))


def set_up_logs(level: int = logging.INFO, *, stream: TextIO | None = None) -> None:
    """Log to stderr (or the stream), whatever was set up before."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
