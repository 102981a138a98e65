"""Privacy: what a person handed in, takes back, opts out of, or has erased."""

from __future__ import annotations

from typing import Final

from bots.discord import texts
from bots.discord.buttons import NONE, OnPress, row
from bots.discord.desk import Desk
from bots.discord.listening import Press, defer, replace_press, tell
from bots.discord.markup import escaped, shortened
from bots.discord.places import person
from conversations.messages import Submission

_SHOWN: Final = 10  # submissions


class Privacy:
    """Everything that a person may do with what we have of them; nobody else sees any of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def presses(self) -> dict[str, OnPress]:
        return {"erase": self._erase, "optout": self._opt_out, "optin": self._opt_in}

    async def show(self, press: Press) -> None:
        await defer(press)
        out = await self._desk.contributions.opted_out(person(press.user.id))
        await tell(press, texts.STORED, view=row(("optin" if out else "optout", NONE), ("erase", NONE)))

    async def ask_to_erase(self, press: Press) -> None:
        await tell(press, texts.FORGET, view=row(("erase", NONE)))

    async def mine(self, press: Press) -> None:
        await defer(press)
        mine = await self._desk.contributions.mine(person(press.user.id))
        lines = [_line(submission) for submission in reversed(mine[-_SHOWN:])]
        if len(mine) > len(lines):
            lines.append(f"… and {len(mine) - len(lines)} earlier ones.")
        await tell(press, "\n".join(lines) or "You have not handed in anything yet.")

    async def withdraw(self, press: Press, submission: str) -> None:
        await defer(press)
        withdrawn = await self._desk.contributions.withdraw(submission.strip().strip("`"), person(press.user.id))
        await tell(press, f"`{withdrawn.id[:10]}` is withdrawn.")

    async def withdrawable(self, press: Press, begun: str) -> list[tuple[str, str]]:
        """(label, id) of one's submissions whose id begins so, for completing what is typed."""
        mine = await self._desk.contributions.mine(person(press.user.id))
        open_ones = [s for s in reversed(mine) if s.state != "withdrawn" and s.id.startswith(begun.strip())]
        return [(shortened(f"{s.id[:10]} {s.state}: {s.messages[-1].content}", 100), s.id) for s in open_ones[:25]]

    async def _erase(self, press: Press, _: str) -> None:
        await press.response.defer()
        erasure = await self._desk.contributions.forget(person(press.user.id))
        self._desk.assistant.forget(person(press.user.id))
        await replace_press(press, texts.forgotten(erasure.conversations, erasure.submissions))

    async def _opt_out(self, press: Press, _: str) -> None:
        await press.response.defer()
        await self._desk.contributions.opt_out(person(press.user.id))
        await replace_press(press, texts.OPTED_OUT)

    async def _opt_in(self, press: Press, _: str) -> None:
        await press.response.defer()
        await self._desk.contributions.opt_in(person(press.user.id))
        await replace_press(press, texts.OPTED_IN)


def _line(submission: Submission) -> str:
    when = f", {submission.submitted_at:%Y-%m-%d}" if submission.submitted_at else ""
    last = submission.messages[-1].content.replace("\n", " ") if submission.messages else ""
    return f"`{submission.id[:10]}` **{submission.state}**{when}: {escaped(shortened(last, 90))}"
