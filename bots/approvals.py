"""Approvals: what people in a channel see of rounds, and what they decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["approve", "reject"]
Stage = Literal["waiting", "speaking", "over"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One question of the holdout, answered by who speaks now and by the candidate."""

    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a round. `stage` says what can still be done about it: decide, roll back, or nothing."""

    stage: Stage
    text: str  # who did what, and when; empty while it waits


@dataclass(frozen=True, slots=True)
class Card:
    """A round as people are shown it. `id` stands for it in buttons; it is looked up when it comes back."""

    id: str
    round: str
    voice: str
    title: str
    verdict: str
    rows: Sequence[tuple[str, str, str]]  # measure, of who spoke when it was measured, of the candidate
    before: str  # who that was
    contrasts: Sequence[Contrast]
    report: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a channel or a person is to hear once, as a card or in a sentence.

    `again`: an earlier try may have reached them, so whoever tells it looks for `key` first. `numbers` are the pieces
    of news that it tells together.
    """

    numbers: Sequence[int]
    key: str
    text: str
    card: Card | None = None
    person: str | None = None
    again: bool = False
    tries: int = 1
    contest: str = ""  # of a blind vote that people are asked into


@dataclass(frozen=True, slots=True)
class Outdated:
    """A message that shows another outcome than there is: where it is, and what it is to show."""

    number: int
    message: str
    card: Card


class Approvals(Protocol):
    """Rounds as platforms see them. `channel` is a name such as "slack:C0123", the same for ever."""

    async def news(self, channel: str) -> Sequence[Notice]:
        """What the channel is to be told now, held for it alone."""
        ...

    async def votes(self, channel: str) -> Sequence[Notice]:
        """Blind votes that the channel is to be asked into."""
        ...

    async def thanks(self, channel: str) -> Sequence[Notice]:
        """What people are to be told of what they handed in; also of those on other platforms."""
        ...

    async def told(self, notice: Notice, channel: str, *, message: str = "") -> None:
        """It was told, in that message, or is not to be told here."""
        ...

    async def failed(self, notice: Notice, channel: str, *, fault: str) -> None:
        """It could not be told, and is tried again later."""
        ...

    async def outdated(self, channel: str) -> Sequence[Outdated]:
        """Cards in the channel that do not show what is so by now."""
        ...

    async def shown(self, outdated: Outdated, channel: str) -> None:
        """The message shows it now (or is gone)."""
        ...

    async def card(self, card: str, channel: str, *, message: str) -> Card:
        """The card that a message in the channel shows. Raises NotFound for what we did not post there."""
        ...

    async def decide(self, card: str, *, who: str, verdict: Verdict, reason: str = "") -> None:
        """Raises RoundRefused with a sentence for a round that does not wait, or is stale."""
        ...

    async def roll_back(self, card: str, *, who: str) -> None:
        """Let the voice before speak again. Raises RoundRefused when the card's voice does not speak."""
        ...

    async def close(self) -> None: ...
