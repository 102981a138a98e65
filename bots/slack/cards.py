"""Cards: a round as blocks, everything escaped, with buttons for what can still be done about it."""

from __future__ import annotations

from typing import Final

from bots.approvals import Card, Contrast
from bots.slack.blocks import Json, actions, button, confirmation, header, modal, section, shortened, small, text_input
from bots.slack.markup import escaped

APPROVE: Final = "brandvoice_round_approve"
REJECT: Final = "brandvoice_round_reject"
ROLL_BACK: Final = "brandvoice_round_roll_back"
REJECT_FORM: Final = "brandvoice_round_reject_form"
_WORDS: Final = 500  # characters of a question or an answer


def card_blocks(card: Card) -> list[Json]:
    """What the message of a round shows."""
    blocks = [header(card.title), section(escaped(card.verdict))]
    if card.rows:
        blocks.append(section(_table(card)))
    blocks += [section(_contrast(contrast, card)) for contrast in card.contrasts]
    blocks.append(small(f"Report: `{_code(card.report)}`. Round: `{_code(card.round)}`"))
    if card.outcome.text:
        blocks.append(
            section(f"*{escaped(shortened(card.outcome.text, 1_500)).replace(chr(10), '*' + chr(10) + '*')}*")
        )
    return [*blocks, *_buttons(card)]


def reject_form(card: Card, carried: str) -> Json:
    """Asks why; it is kept in the history of the voice."""
    blocks = [
        section(f"{escaped(card.voice)} will not speak. What you write here is kept as the reason."),
        text_input("reason", "Why not?"),
    ]
    return modal(REJECT_FORM, f"Reject {card.voice}", blocks, submit="Reject", carried=carried)


def _buttons(card: Card) -> list[Json]:
    if card.outcome.stage == "waiting":
        approve = button("Approve", APPROVE, value=card.id, style="primary", confirm=_sure_to_approve(card))
        return [actions(approve, button("Reject …", REJECT, value=card.id, style="danger"))]
    if card.outcome.stage == "speaking":
        return [actions(button("Roll back", ROLL_BACK, value=card.id, style="danger", confirm=_sure_to_go_back(card)))]
    return []


def _sure_to_approve(card: Card) -> Json:
    text = f"{card.voice} answers from the next message on. You can roll back at any time."
    return confirmation(f"Let {shortened(card.voice, 60)} speak?", text, yes="Approve") | {"style": "primary"}


def _sure_to_go_back(card: Card) -> Json:
    text = f"{card.voice} stops speaking, and the voice before it answers from the next message on."
    return confirmation(f"Take {shortened(card.voice, 60)} back?", text, yes="Roll back")


def _table(card: Card) -> str:
    """Aligned columns in a code block, which every screen reader reads line by line."""
    rows = [("", shortened(card.before, 20), "new"), *card.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    return f"```\n{_code(chr(10).join(lines))}\n```"


def _contrast(contrast: Contrast, card: Card) -> str:
    parts = (("Asked", contrast.question), (f"Before ({card.before})", contrast.before), ("New", contrast.after))
    return "\n".join(f"*{escaped(who)}*\n{_quoted(text)}" for who, text in parts)


def _quoted(text: str) -> str:
    return "\n".join(f">{escaped(line)}" for line in shortened(text, _WORDS).splitlines() or [""])


def _code(text: str) -> str:
    return escaped(text.replace("`", "'"))
