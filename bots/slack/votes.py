"""Votes: thumbs under an answer, the reason for a thumb down, and what the answer should have said."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.contributions import CONSENT
from bots.slack import texts
from bots.slack.blocks import (
    MOST_TYPED,
    Json,
    actions,
    button,
    choice,
    chosen,
    modal,
    quotation,
    section,
    shortened,
    small,
    text_input,
    typed,
)
from bots.slack.carried import About, opened, sealed
from bots.slack.controls import BETTER, VOTE
from bots.slack.desk import Desk, Known
from bots.slack.listening import answer_press, channel_of, refusals_told, thread_of, view_refusals_shown
from bots.slack.places import person
from bots.slack.teams import Team
from bots.slack.telling import tell_privately
from conversations.errors import NotFound
from conversations.messages import Feedback, Thumb

UNDO: Final = "brandvoice_undo"
REASON_FORM: Final = "brandvoice_reason"
BETTER_FORM: Final = "brandvoice_better_form"
BETTER_SHORTCUT: Final = "better_answer"
REASONS: Final = (
    ("wrong", "The facts are wrong"),
    ("tone", "It does not sound like us"),
    ("incomplete", "It does not answer the question"),
    ("length", "It is too long or too short"),
    ("other", "Something else"),
)
_SAME: Final = "This is what I said already. Change it to what it should have been."


class Votes:
    """One vote for each person and answer; a later one replaces it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.action(VOTE)(self._vote)
        app.action(UNDO)(self._undo)
        app.action(BETTER)(self._ask_better)
        app.shortcut(BETTER_SHORTCUT)(self._ask_better_of_message)
        app.view(REASON_FORM)(self._take_reason)
        app.view(BETTER_FORM)(self._take_better)

    async def _vote(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, channel = await self._desk.team(context), channel_of(body)
        async with refusals_told(team, body):
            direction, _, reply = str(body["actions"][0].get("value")).partition(":")
            if (body.get("message") or {}).get("bot_id") != team.bot_id or direction not in ("up", "down"):
                raise NotFound(texts.GONE)
            known = await self._desk.known(team, channel, reply)
            voter = await self._desk.contributor(team, body["user"]["id"])
            thumb: Thumb = "up" if direction == "up" else "down"
            await self._desk.contributions.feedback(Feedback(known.id, voter, thumb=thumb))
            if thumb == "down":
                form = _reason_form(self._carried(team, body, known))
                await team.client.views_open(trigger_id=body["trigger_id"], view=form)
            else:
                await self._thank(team, body, known)

    def _carried(self, team: Team, body: Json, known: Known) -> str:
        about = About(channel_of(body), thread_of(body), reply=known.id)
        return sealed(about, team, body["user"]["id"])

    async def _thank(self, team: Team, body: Json, known: Known) -> None:
        text = "Thank you. You found this answer good."
        blocks = [section(text), actions(button("Take it back", UNDO, value=known.id))]
        user = body["user"]["id"]
        await tell_privately(team, channel_of(body), user, text=text, thread=thread_of(body), blocks=blocks)

    async def _undo(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team = await self._desk.team(context)
        async with refusals_told(team, body):
            known = await self._desk.known(team, channel_of(body), str(body["actions"][0].get("value")))
            await self._desk.contributions.take_back_vote(known.id, person(team.id, body["user"]["id"]))
            await answer_press(team, body, "Your vote is taken back.")

    async def _take_reason(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        team, view = await self._desk.team(context), body["view"]
        async with view_refusals_shown(ack):
            carried = opened(view["private_metadata"], team, body["user"]["id"])
            known = await self._desk.known(team, carried.channel, carried.reply)
            giver = await self._desk.contributor(team, body["user"]["id"])
            better = typed(view, "better")
            if better and better == known.message.content:
                await ack(response_action="errors", errors={"better": _SAME})
                return
            given = Feedback(
                known.id,
                giver,
                thumb="down",
                reason=_reason(chosen(view, "reason")),
                comment=typed(view, "comment") or None,
                better_answer=better or None,
            )
            submission = await self._desk.contributions.feedback(given)
            await ack()
            text = texts.receipt(submission.id) if submission else "Thank you. It is kept with your vote."
            await tell_privately(team, carried.channel, body["user"]["id"], text=text, thread=carried.thread or None)

    async def _ask_better(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, channel = await self._desk.team(context), channel_of(body)
        async with refusals_told(team, body):
            known = await self._desk.known(team, channel, str(body["actions"][0].get("value")))
            await self._open_better(team, body, known)

    async def _ask_better_of_message(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, channel = await self._desk.team(context), channel_of(body)
        async with refusals_told(team, body):
            await self._open_better(team, body, await self._desk.meant(team, channel, body["message"]))

    async def _open_better(self, team: Team, body: Json, known: Known) -> None:
        await self._desk.contributor(team, body["user"]["id"])
        history = await self._desk.contributions.conversation_up_to(known.conversation, known.id)
        question = next((m.content for m in reversed(history) if m.role == "user"), "")
        form = better_form(self._carried(team, body, known), question, known.message.content)
        await team.client.views_open(trigger_id=body["trigger_id"], view=form)

    async def _take_better(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        team, view = await self._desk.team(context), body["view"]
        async with view_refusals_shown(ack):
            carried = opened(view["private_metadata"], team, body["user"]["id"])
            known = await self._desk.known(team, carried.channel, carried.reply)
            giver = await self._desk.contributor(team, body["user"]["id"])
            better = typed(view, "better")
            if not better or better == known.message.content:
                await ack(response_action="errors", errors={"better": _SAME if better else "Please write an answer."})
                return
            submission = await self._desk.contributions.feedback(Feedback(known.id, giver, better_answer=better))
            await ack()
            assert submission is not None, "a better answer is a submission"
            text = texts.receipt(submission.id)
            await tell_privately(team, carried.channel, body["user"]["id"], text=text, thread=carried.thread or None)


def better_form(carried: str, question: str, answer: str) -> Json:
    """The answer to be made better, ready to be changed if it fits into Slack's inputs."""
    fits = len(answer) <= MOST_TYPED
    hint = "" if fits else f"The answer is longer than the {MOST_TYPED:,} characters that fit here, so this is empty."
    blocks = [quotation("Question", question)] if question else []
    if not fits:
        blocks.append(quotation("My answer begins", shortened(answer, 1_500)))
    initial = answer if fits else ""
    blocks += [text_input("better", "What should it have said?", initial=initial, hint=hint), small(CONSENT)]
    return modal(BETTER_FORM, "A better answer", blocks, carried=carried)


def _reason_form(carried: str) -> Json:
    blocks = [
        section("Your vote is kept. You may also say why."),
        choice("reason", "What was wrong?", REASONS),
        text_input("comment", "Anything else?", optional=True),
        text_input("better", "What should it have said?", optional=True),
        small(f"A better answer is handed in as an example. {CONSENT}"),
    ]
    return modal(REASON_FORM, "What was wrong?", blocks, carried=carried)


def _reason(value: str | None) -> str | None:
    return dict(REASONS).get(value or "")
