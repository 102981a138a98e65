"""Texts: what people read in Slack besides answers."""

from __future__ import annotations

from typing import Final

HELP: Final = (
    "I answer in this brand's voice. Mention me in a channel, or write to me directly. "
    "In a thread that began with me you need no mention.\n"
    "Under every answer: thumbs, *New answer*, and *Suggest better* for what it should have said.\n"
    "On any message (⋮ menu): *Save as training example* and *Suggest a better answer*.\n"
    "`/brandvoice help`, `/brandvoice status`, `/brandvoice privacy`, `/brandvoice forget`. "
    "Send me a .jsonl file directly to hand in many examples.\n"
    "My answers are written by AI and may be wrong."
)
NOT_HERE: Final = (
    "I do not answer in this channel. Please write to me directly, or ask whoever runs me to add this channel."
)
STORED: Final = (
    "*What is kept:* what you write to me and what I answer, with the version that answered; votes, better answers "
    "and examples that you hand in. Only messages to me are read, what they share or quote, and what the thread begins "
    "with; never the rest of a channel.\n"
    "*What it is used for:* chats are never learned from by themselves. Better answers and examples are, after "
    "names, addresses and numbers that we recognise were replaced and somebody else approved them.\n"
    "*What you can do:* delete a message and I forget it; withdraw what you handed in; opt out; "
    "or have everything of yours erased."
)
FORGET_TITLE: Final = "Erase everything?"
FORGET_TEXT: Final = (
    "Your conversations with me, votes, better answers and examples are deleted. This cannot be undone. "
    "Messages in Slack itself stay."
)
GONE: Final = "That answer is not there any more."


def forgotten(conversations: int, submissions: int) -> str:
    return f"Done: {conversations} conversations and {submissions} examples of yours were erased."


def receipt(submission: str) -> str:
    return (
        f"Thank you. It is kept as {submission[:10]} and waits for review by somebody else. "
        "You can withdraw it on my Home tab."
    )
