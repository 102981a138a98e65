"""Parsing: an event that discord.py cannot read is passed over; without this, it would end the whole process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

Json = dict[str, Any]
Parse = Callable[[Any], Any]
_VITAL: Final = ("READY", "RESUMED")  # nothing goes on without them
_EXTRAS: Final = (
    "poll",
    "sticker_items",
    "call",
    "activity",
    "application",
    "interaction_metadata",
    "role_subscription_data",
    "purchase_notification",
)
_EMPTIED: Final = ("embeds", "components")
# What code raises that takes data for something else.
UNREADABLE: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
log = logging.getLogger(__name__)


def passed_over(parsers: dict[str, Parse]) -> dict[str, Parse]:
    """The same parsers, which raise for nothing that we could do without."""
    return {event: parse if event in _VITAL else _patient(event, parse) for event, parse in parsers.items()}


def _patient(event: str, parse: Parse) -> Parse:
    def parsed(data: Any) -> None:
        try:
            parse(data)
        except UNREADABLE as error:
            log.warning("an event %s cannot be read (%s)", event, type(error).__name__)  # not its text: people wrote it
            if event == "MESSAGE_CREATE":
                _parse_words(parse, data)

    return parsed


def _parse_words(parse: Parse, message: Json) -> None:
    """Read a message once more without what we have no use for, so that its person is heard."""
    words = {name: value for name, value in message.items() if name not in _EXTRAS}
    try:
        parse(words | {name: [] for name in _EMPTIED})
    except UNREADABLE as error:
        log.warning("a message in %s cannot be read (%s)", message.get("channel_id"), type(error).__name__)
