"""What a message of the bot may hold: text, Markdown, blocks and metadata within Slack's limits."""

from __future__ import annotations

from typing import Any, Final

from tests.emulators.slack.blocks import check_blocks
from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_NO_FALLBACK: Final = "blocks without a text fallback (notifications and screen readers show nothing)"


def checked_content(slack: Workspace, params: Json, *, update: bool = False) -> Json:
    """The `text`, `blocks` and `metadata` of a message as Slack stores them; refused when Slack would refuse it."""
    text, markdown, blocks = params.get("text"), params.get("markdown_text"), params.get("blocks")
    _check_markdown(markdown, alone=text is None and blocks is None)
    if not text and not markdown and not blocks and not params.get("attachments"):
        raise Refusal("no_text")
    text = _checked_text(slack, text, update=update)
    if blocks is not None:
        _check_message_blocks(slack, blocks, has_text=bool(text))
    elif markdown:
        blocks = [{"type": "markdown", "text": markdown, "block_id": f"b{slack.ids.next()}"}]
    content = {"text": text if text is not None else markdown or "", "blocks": blocks}
    content["metadata"] = _checked_metadata(params.get("metadata"))
    return {key: value for key, value in content.items() if value is not None}


def _check_markdown(markdown: str | None, *, alone: bool) -> None:
    if markdown is not None and not alone:
        raise Refusal("markdown_text_conflict")
    if markdown is not None and len(markdown) > 12_000:
        raise Refusal("msg_too_long")


def _checked_text(slack: Workspace, text: str | None, *, update: bool) -> str | None:
    """The text, truncated where Slack truncates; `chat.update` refuses what `chat.postMessage` still takes."""
    if not text or len(text) <= 4000:
        return text
    if update:
        raise Refusal("msg_too_long")
    if len(text) > 40_000:
        slack.journal.violations.append("text over 40000 characters: Slack truncates it")
    slack.journal.violations.append("text over 4000 characters in one message")
    return text[:40_000]


def _check_message_blocks(slack: Workspace, blocks: Any, *, has_text: bool) -> None:
    check_blocks(blocks, "message", ids=slack.ids)
    if not has_text:
        slack.journal.violations.append(_NO_FALLBACK)


def _checked_metadata(metadata: Any) -> Any:
    if metadata and ("event_type" not in metadata or "event_payload" not in metadata):
        raise Refusal("invalid_metadata_format")
    return metadata or None
