"""Blocks: the pieces of Block Kit that messages, modals and the Home tab are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bots.slack.markup import escaped

Json = dict[str, Any]
MOST_TYPED: Final = 3_000  # characters that a text input of Slack takes
_SECTION: Final = 2_900  # characters of 3,000 in a section, with room for an ellipsis
_ELLIPSIS: Final = "…"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS


def section(text: str, *, accessory: Json | None = None) -> Json:
    """Text in Slack's own `mrkdwn`; whoever calls escapes what is not ours."""
    block: Json = {"type": "section", "text": {"type": "mrkdwn", "text": shortened(text, _SECTION)}}
    return block | ({"accessory": accessory} if accessory else {})


def quotation(who: str, text: str) -> Json:
    """Somebody's words: a name in bold, then the text exactly as it is."""
    return section(f"*{escaped(who)}*\n{escaped(shortened(text, 2_000))}")


def small(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shortened(text, 1_900)}]}


def header(text: str) -> Json:
    return {"type": "header", "text": plain(shortened(text, 150))}


def markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(text: str, action: str, *, value: str = "", style: str | None = None, confirm: Json | None = None) -> Json:
    element: Json = {"type": "button", "text": plain(text), "action_id": action}
    optional = {"value": value, "style": style, "confirm": confirm}
    return element | {name: given for name, given in optional.items() if given}


def confirmation(title: str, text: str, *, yes: str) -> Json:
    return {
        "title": plain(title),
        "text": plain(text),
        "confirm": plain(yes),
        "deny": plain("Cancel"),
        "style": "danger",
    }


def thumbs(action: str, *, up: str, down: str) -> Json:
    """Slack's own feedback buttons."""
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": action,
                "positive_button": {
                    "text": plain("Good answer"),
                    "accessibility_label": "This answer is good",
                    "value": up,
                },
                "negative_button": {
                    "text": plain("Bad answer"),
                    "accessibility_label": "This answer is bad; say why",
                    "value": down,
                },
            }
        ],
    }


def text_input(
    block: str, label: str, *, optional: bool = False, initial: str = "", hint: str = "", lines: bool = True
) -> Json:
    """An input whose block id and action id are the same word."""
    element: Json = {"type": "plain_text_input", "action_id": block, "multiline": lines, "max_length": MOST_TYPED}
    element |= {"initial_value": initial} if initial else {}
    asked: Json = {"type": "input", "block_id": block, "label": plain(label), "optional": optional, "element": element}
    return asked | ({"hint": plain(hint)} if hint else {})


def choice(block: str, label: str, options: Sequence[tuple[str, str]], *, optional: bool = True) -> Json:
    """Radio buttons of (value, text)."""
    shown = [{"text": plain(text), "value": value} for value, text in options]
    element = {"type": "radio_buttons", "action_id": block, "options": shown}
    return {"type": "input", "block_id": block, "label": plain(label), "optional": optional, "element": element}


def modal(callback: str, title: str, blocks: Sequence[Json], *, submit: str | None = "Send", carried: str = "") -> Json:
    view: Json = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(shortened(title, 24)),
        "close": plain("Cancel" if submit else "Close"),
        "blocks": list(blocks)[:100],
        "private_metadata": carried,
    }
    return view | ({"submit": plain(submit)} if submit else {})


def typed(view: Json, block: str) -> str:
    """What somebody wrote into a text input of a submitted view."""
    return str(_entry(view, block).get("value") or "").strip()


def chosen(view: Json, block: str) -> str | None:
    """The value of the option that somebody chose in a submitted view."""
    option = _entry(view, block).get("selected_option") or {}
    value: str | None = option.get("value")
    return value


def _entry(view: Json, block: str) -> Json:
    entry: Json = view["state"]["values"].get(block, {}).get(block, {})
    return entry
