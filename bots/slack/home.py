"""The Home tab: what a person handed in and may take back, what is kept, and who speaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.slack import texts
from bots.slack.blocks import Json, actions, button, confirmation, header, section, shortened, small
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.listening import channel_of, respond
from bots.slack.markup import escaped
from bots.slack.places import PLATFORM, person
from bots.slack.speakers import speakers
from bots.slack.teams import Team
from conversations.errors import BrandvoiceError, NotFound
from conversations.messages import Submission

WITHDRAW: Final = "brandvoice_withdraw"
OPT_OUT: Final = "brandvoice_opt_out"
OPT_IN: Final = "brandvoice_opt_in"
FORGET: Final = "brandvoice_forget"
_SHOWN: Final = 20  # submissions; a view holds 100 blocks
_PROMPTS: Final = 4
log = logging.getLogger(__name__)


class Home:
    """Published anew whenever somebody opens it or changes something on it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self._open)
        app.action(WITHDRAW)(self._withdraw)
        app.action(OPT_OUT)(self._opt)
        app.action(OPT_IN)(self._opt)
        app.action(FORGET)(self._forget)

    async def _open(self, event: Json, context: AsyncBoltContext) -> None:
        team = await self._desk.team(context)
        if event.get("tab") == "messages":
            await self._suggest(team, str(event["channel"]), str(event["user"]))
        else:
            await self.publish(team, str(event["user"]))

    async def _suggest(self, team: Team, channel: str, user: str) -> None:
        """Offer what one could ask, in the direct messages with the agent."""
        try:
            style = self._desk.assistant.styles[self._desk.style_in(team, channel, user)]
        except NotFound:
            return
        prompts = [{"title": shortened(text, 70), "message": text} for text in style.example_prompts[:_PROMPTS]]
        if prompts:
            await team.client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)

    async def publish(self, team: Team, user: str, *, note: str = "") -> None:
        """Show a person their Home tab, with a line on top about what just happened."""
        name = person(team.id, user)
        mine = await self._desk.contributions.mine(name)
        out = await self._desk.contributions.opted_out(name)
        who = await asyncio.to_thread(speakers, self._desk.assistant, PLATFORM)
        blocks = [header("Your assistant"), *([section(escaped(note))] if note else []), section(texts.HELP)]
        blocks += [header("Who speaks"), section("\n".join(f"• {escaped(line)}" for line in who) or "Nobody yet.")]
        blocks += [header("What you handed in"), *_submissions(mine)]
        blocks += [header("Your data"), section(texts.STORED), _choices(out=out)]
        await team.client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})

    @asynccontextmanager
    async def _noted(self, team: Team, user: str) -> AsyncIterator[None]:
        """What is refused is said on top of the Home tab."""
        try:
            yield
        except BrandvoiceError as error:
            await self.publish(team, user, note=str(error))
        except SLACK_FAILURES as failure:
            log.warning("the Home tab of somebody in %s could not be shown: %s", team.id, reason(failure))

    async def _withdraw(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), body["user"]["id"]
        async with self._noted(team, user):
            value = str(body["actions"][0].get("value"))
            withdrawn = await self._desk.contributions.withdraw(value, person(team.id, user))
            await self.publish(team, user, note=f"{withdrawn.id[:10]} is withdrawn.")

    async def _opt(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), body["user"]["id"]
        async with self._noted(team, user):
            if body["actions"][0]["action_id"] == OPT_OUT:
                await self._desk.contributions.opt_out(person(team.id, user))
                note = "You have opted out: nothing of yours is learned from, and I take no examples from you."
            else:
                await self._desk.contributions.opt_in(person(team.id, user))
                note = "You have opted in again."
            await self.publish(team, user, note=note)

    async def _forget(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        """Pressed on the Home tab or under the answer to a command."""
        await ack()
        team, user = await self._desk.team(context), body["user"]["id"]
        async with self._noted(team, user):
            erasure = await self._desk.contributions.forget(person(team.id, user))
            self._desk.assistant.forget(person(team.id, user))
            note = texts.forgotten(erasure.conversations, erasure.submissions)
            if channel_of(body) and body.get("response_url"):
                await respond(team, body, {"replace_original": True, "text": note})
            await self.publish(team, user, note=note)


def forget_button() -> Json:
    """Erases everything of whoever presses it, after asking once more."""
    confirm = confirmation(texts.FORGET_TITLE, texts.FORGET_TEXT, yes="Erase")
    return button("Erase everything of mine", FORGET, style="danger", confirm=confirm)


def opting_button(*, out: bool) -> Json:
    return button("Opt in again", OPT_IN) if out else button("Opt out", OPT_OUT)


def _choices(*, out: bool) -> Json:
    return actions(opting_button(out=out), forget_button())


def _submissions(mine: list[Submission]) -> list[Json]:
    if not mine:
        return [section("Nothing yet.")]
    blocks = [_submission(submission) for submission in reversed(mine[-_SHOWN:])]
    earlier = len(mine) - len(blocks)
    return [*blocks, small(f"… and {earlier} earlier ones.")] if earlier else blocks


def _submission(submission: Submission) -> Json:
    when = f", {submission.submitted_at:%Y-%m-%d}" if submission.submitted_at else ""
    last = submission.messages[-1].content if submission.messages else ""
    text = f"`{submission.id[:10]}` *{submission.state}*{when}\n{escaped(shortened(last, 120))}"
    if submission.state in ("withdrawn", "rejected"):
        return section(text)
    return section(text, accessory=button("Withdraw", WITHDRAW, value=submission.id))
