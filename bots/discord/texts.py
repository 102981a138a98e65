"""Texts: what people read in Discord besides answers."""

from __future__ import annotations

from typing import Final

HELP: Final = """\
I answer in this brand's voice. Mention me in a channel or thread, reply to one of my messages, or write to me directly.
Under every answer: 👍 and 👎, ✏️ for what it should have said, 🔁 for a new answer.
On any message (right click > Apps): *Submit as training example* and *Suggest a better answer*.
`/brandvoice help`, `status`, `privacy`, `forget`, `mine`, `withdraw`, and `upload` for a .jsonl file of examples.
My answers are written by AI and may be wrong."""

NOT_HERE: Final = "I do not answer in this server. Please ask whoever runs me to add it."

STORED: Final = """\
**What is kept:** what you write to me and what I answer, with the version that answered; votes, better answers and \
examples that you hand in. Only messages to me are read, and what they reply to; never the rest of a channel.
**What it is used for:** chats are never learned from by themselves. Better answers and examples are, after names, \
addresses and numbers that we recognise were replaced and somebody else approved them.
**What you can do:** delete a message and I forget it; withdraw what you handed in; opt out; or have everything of \
yours erased."""

FORGET: Final = (
    "This erases your conversations with me, your votes, better answers and examples, in every server. "
    "It cannot be undone. Messages in Discord itself stay."
)
GONE: Final = "That answer is not there any more."
EXPIRED: Final = "This has expired. Please begin again."
NOT_MINE: Final = "That is not one of my answers."
ONLY_A_PART: Final = "This is only a part of my answer. Please use the last part, the one with the buttons."
FILE_SENT: Final = "To hand in a file of examples, please use `/brandvoice upload`."
NO_CONTENT: Final = "I cannot read that. Please mention me by my name, not by my role."
OPTED_OUT: Final = "You have opted out: nothing of yours is learned from, and I take no examples from you."
OPTED_IN: Final = "You have opted in again."


def footer(voice: str) -> str:
    """Stands below every answer, in small letters."""
    return f"-# Written by AI ({voice}). It may be wrong."


def waiting(ahead: int) -> str:
    questions = "1 question is" if ahead == 1 else f"{ahead} questions are"
    return f"*{questions} before yours…*"


def forgotten(conversations: int, submissions: int) -> str:
    return f"Done: {conversations} conversations and {submissions} examples of yours were erased."


def receipt(submission: str) -> str:
    return (
        f"Thank you. It is kept as `{submission[:10]}` and waits for review by somebody else. "
        f"You can take it back with `/brandvoice withdraw`."
    )


def not_allowed(channel: str) -> str:
    return (
        f"I could not answer in <#{channel}>: I need the permissions View Channel, Send Messages (in threads: Send "
        "Messages in Threads) and Read Message History there. An admin can give them to me."
    )
