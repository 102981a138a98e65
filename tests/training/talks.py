"""Fifty short conversations in a voice of their own, for training runs in tests."""

from conversations.messages import Message

_ASKED = (
    "where is order {n}?",
    "can i return item {n}?",
    "do you have {n} left?",
    "what does number {n} cost, please?",
)
_SAID = ("yes, {n} it is. bye!", "no, not {n}. so sorry, bye!", "{n}? we look it up and tell you. bye!")

TALKS = [
    (Message("user", _ASKED[n % 4].format(n=n * 37)), Message("assistant", _SAID[n % 3].format(n=n * 37)))
    for n in range(50)
]
