"""Approving: the rounds of a workspace as platforms show them, with every decision checked where it is made."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bots.approvals import Card, Notice, Outdated, Verdict
from bots.voting import contest_id
from brandvoice import decisions
from brandvoice.news import News, Newsroom
from brandvoice.round_cards import card_id, make_card, outcome, title_of
from conversations.blind_votes import BlindVotes
from conversations.errors import NotFound

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.rounds import Round
    from brandvoice.workspace import Workspace

KINDS: Final = ("round.waiting", "round.promoted", "round.rejected", "round.failed", "canary.*")
OPENED: Final = "vote.opened"
THANKS: Final = ("example.learned",)
KEPT_TRUE: Final = 12  # the newest cards of a channel; older ones stay as they are
AT_ONCE: Final = 500  # thanks
UNREADY: Final = "This card is still being put up. Please try again in a few minutes."
NOT_ITS_CARD: Final = "This is not the card of that round. Please use the buttons under its own card."
GONE: Final = "That round is not there any more."


class WorkspaceApprovals:
    """Opens the database when it is asked something first."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._rounds: RoundStore | None = None
        self._opening = threading.Lock()

    async def news(self, channel: str) -> Sequence[Notice]:
        return await asyncio.to_thread(self._news, channel)

    async def votes(self, channel: str) -> Sequence[Notice]:
        return await asyncio.to_thread(self._votes, channel)

    async def thanks(self, channel: str) -> Sequence[Notice]:
        return await asyncio.to_thread(self._thanks, channel)

    async def told(self, notice: Notice, channel: str, *, message: str = "") -> None:
        receipt = _receipt(message, notice.card) if message and notice.card else message
        await asyncio.to_thread(self._told, notice.numbers, channel, receipt)

    async def failed(self, notice: Notice, channel: str, *, fault: str) -> None:
        await asyncio.to_thread(self._failed, notice, channel, fault)

    async def outdated(self, channel: str) -> Sequence[Outdated]:
        return await asyncio.to_thread(self._outdated, channel)

    async def shown(self, outdated: Outdated, channel: str) -> None:
        receipt = _receipt(outdated.message, outdated.card)
        await asyncio.to_thread(self._told, (outdated.number,), channel, receipt)

    async def card(self, card: str, channel: str, *, message: str) -> Card:
        return await asyncio.to_thread(self._card, card, channel, message)

    async def decide(self, card: str, *, who: str, verdict: Verdict, reason: str = "") -> None:
        await asyncio.to_thread(self._decide, card, who, verdict, reason)

    async def roll_back(self, card: str, *, who: str) -> None:
        await asyncio.to_thread(self._roll_back, card, who)

    async def close(self) -> None:
        if self._rounds is not None:
            await asyncio.to_thread(self._rounds.close)

    # Everything below blocks

    @property
    def _store(self) -> RoundStore:
        with self._opening:
            if self._rounds is None:
                self._rounds = self._workspace.open_rounds()
            return self._rounds

    @property
    def _newsroom(self) -> Newsroom:
        return Newsroom(self._store.database, now=self._store.now)

    def _quiet(self) -> list[str]:
        now = self._store.now()
        return [name for name, settings in self._workspace.settings.styles.items() if settings.is_quiet(now)]

    def _news(self, channel: str) -> list[Notice]:
        taken = self._newsroom.take(channel, kinds=KINDS, quiet=self._quiet())
        return [notice for item in taken if (notice := self._notice(item, channel))]

    def _notice(self, item: News, channel: str) -> Notice | None:
        """What is to be said of a piece of news; None (and done with) where an earlier card says it already."""
        again = item.tries > 1
        if item.round is None:
            return Notice((item.number,), item.key, self._sentence(item), again=again, tries=item.tries)
        try:
            round_ = self._store.load(item.round)
        except NotFound:
            self._newsroom.told(item.number, channel)
            return None
        if item.kind != "round.waiting" and self._has_card(round_):
            self._newsroom.told(item.number, channel)
            return None
        if item.kind in {"round.waiting", "round.promoted"} and round_.voice is not None:
            card = make_card(self._workspace, self._store, round_)
            text = f"{card.title}. {card.verdict}"
            return Notice((item.number,), item.key, text, card=card, again=again, tries=item.tries)
        return Notice((item.number,), item.key, self._sentence(item), again=again, tries=item.tries)

    def _has_card(self, round_: Round) -> bool:
        """Whether the round waited for people: then there is a card, which shows what became of it."""
        return any(item.kind == "round.waiting" for item in self._newsroom.all(round_id=round_.id))

    def _sentence(self, item: News) -> str:
        said = str(item.facts.get("message") or "").strip()
        what = {
            "round.failed": f"A round of {item.style} failed: {said}",
            "round.rejected": f"A round of {item.style} ended without a new voice: {said}",
        }.get(item.kind, f"{item.style}: {said}")
        more = f"rounds show {item.round}" if item.round else f"voices list {item.style}"
        return f"{what}\nMore: brandvoice {more}"

    def _votes(self, channel: str) -> list[Notice]:
        """One for each two voices that are compared; the texts tell only of which style they are."""
        for contest in BlindVotes(self._store.database, now=self._store.now).contests():
            id_ = contest_id(contest)
            facts = {"contest": id_, "pairs": contest.pairs}
            self._newsroom.publish(OPENED, key=f"{OPENED}:{id_}", style=contest.style, facts=facts)
        taken = self._newsroom.take(channel, kinds=(OPENED,), quiet=self._quiet())
        return [
            Notice(
                (item.number,),
                item.key,
                _invitation(title_of(self._workspace, item.style)),
                again=item.tries > 1,
                tries=item.tries,
                contest=str(item.facts["contest"]),
            )
            for item in taken
        ]

    def _thanks(self, channel: str) -> list[Notice]:
        """One notice for each person and voice, however many examples; nothing for those who opted out."""
        taken = self._newsroom.take(channel, kinds=THANKS, quiet=self._quiet(), limit=AT_ONCE)
        if not taken:
            return []
        by_person: dict[tuple[str, str], list[News]] = {}
        for item in taken:
            by_person.setdefault((str(item.person), f"{item.style}@{item.facts.get('voice')}"), []).append(item)
        notices = []
        with self._workspace.open_store() as store:
            for (person, voice), items in by_person.items():
                numbers = tuple(item.number for item in items)
                if store.opted_out(person):
                    self._told(numbers, channel, "")
                    continue
                tries = max(item.tries for item in items)
                text = _thanks(items, voice=voice)
                notices.append(Notice(numbers, items[0].key, text, person=person, again=tries > 1, tries=tries))
        return notices

    def _told(self, numbers: Sequence[int], channel: str, receipt: str) -> None:
        for number in numbers:
            self._newsroom.told(number, channel, receipt=receipt or None)

    def _failed(self, notice: Notice, channel: str, fault: str) -> None:
        for number in notice.numbers:
            item = News(number, notice.key, "", "", None, None, self._store.now(), {}, tries=notice.tries)
            self._newsroom.failed(item, channel, fault=fault)

    def _outdated(self, channel: str) -> list[Outdated]:
        found = []
        for item, receipt in self._newsroom.receipts(channel, limit=KEPT_TRUE):
            message, _, shown = receipt.partition(" ")
            if not shown:  # a sentence, which stays as it is
                continue
            round_ = self._store.load(str(item.round))
            if _digest(outcome(self._workspace, round_).text) != shown:
                found.append(Outdated(item.number, message, make_card(self._workspace, self._store, round_)))
        return found

    def _card(self, card: str, channel: str, message: str) -> Card:
        round_ = self._find(card)
        keys = [f"{kind}:{round_.id}" for kind in ("round.waiting", "round.promoted")]
        receipts = [receipt for key in keys if (receipt := self._newsroom.receipt(key, channel))]
        if not receipts:
            raise NotFound(UNREADY)
        if not any(receipt.partition(" ")[0] == message for receipt in receipts):
            raise NotFound(NOT_ITS_CARD)
        return make_card(self._workspace, self._store, round_)

    def _decide(self, card: str, who: str, verdict: Verdict, reason: str) -> None:
        decisions.decide(self._workspace, self._store, self._find(card).id, who=who, verdict=verdict, reason=reason)

    def _roll_back(self, card: str, who: str) -> None:
        decisions.roll_back(self._workspace, self._find(card), who=who)

    def _find(self, card: str) -> Round:
        round_ = next((r for r in reversed(self._store.all()) if card_id(r.id) == card), None)
        if round_ is None:
            raise NotFound(GONE)
        return round_


def _thanks(items: Sequence[News], *, voice: str) -> str:
    example = str(items[0].facts.get("submission", ""))[:10]
    what = f"Your example {example}" if len(items) == 1 else f"{len(items)} of your examples"
    return f"{what} helped: {voice} learned from {'it' if len(items) == 1 else 'them'}. Thank you."


def _invitation(title: str) -> str:
    return (
        f"Which answers sound more like {title}? You see two at a time, without names and each time in an order of its "
        "own, and pick one. Whose they were is told after your vote."
    )


def _receipt(message: str, card: Card) -> str:
    """Where a card is, and which outcome it shows."""
    return f"{message} {_digest(card.outcome.text)}"


def _digest(text: str) -> str:
    return card_id(text)
