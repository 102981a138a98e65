"""What a Slack message says, as plain text.

Format: https://docs.slack.dev/messaging/formatting-message-text and https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conversations.importers.records import JsonObject
from conversations.importers.slack.people import Directory

# One pass over both, so that a `<@U1>` that somebody typed (it arrives as `&lt;@U1&gt;`) is never taken for a mention.
_MARK = re.compile(r"<([^<>]*)>|&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_SPOKEN_TO = re.compile(r"\s*<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_UPLOAD = re.compile(r"<@[^<>]*> (?:uploaded|shared) a file: <[^<>]*>(?: and commented: (?P<comment>.*))?", re.DOTALL)


def plain(text: str, directory: Directory) -> str:
    """Text in Slack's mark-up without its marks: mentions as `@name`, links by what people saw of them."""

    def spoken(match: re.Match[str]) -> str:
        inside, entity = match.groups()
        return _ENTITIES[entity] if entity else _mark(inside, directory)

    return _MARK.sub(spoken, text)


def spoken_to(text: str) -> str | None:
    """The account that a message begins by naming."""
    match = _SPOKEN_TO.match(text)
    return match[1] if match else None


def comment_of_upload(text: str) -> str:
    """What somebody said with a file: old exports wrap it in a sentence of Slack's own."""
    match = _UPLOAD.fullmatch(text)
    return text if match is None else match["comment"] or ""


def mention(user: str, directory: Directory, *, label: str = "") -> str:
    person = directory.people.get(user)
    return f"@{(person.mention if person else '') or label.removeprefix('@') or 'someone'}"


def _mark(inside: str, directory: Directory) -> str:
    target, _, label = inside.partition("|")
    label = _MARK.sub(lambda match: _ENTITIES.get(match[2], ""), label)
    match target[:1]:
        case "@":
            return mention(target[1:], directory, label=label)
        case "#":
            return f"#{label.removeprefix('#') or directory.channel_names.get(target[1:], 'channel')}"
        case "!":
            return _command(target[1:], label)
    address = _MARK.sub(lambda match: _ENTITIES.get(match[2], ""), target)
    return label or address.removeprefix("mailto:").removeprefix("tel:")


def _command(target: str, label: str) -> str:
    if target.startswith(("date^", "date|")):
        return label
    if target.startswith("subteam^"):
        return f"@{label.removeprefix('@') or 'team'}"
    return f"@{label.removeprefix('@') or target.partition('^')[0]}"


def block_text(blocks: object, directory: Directory) -> str:
    """The words in the blocks of a message, a line per block or section."""
    lines = (line for block in _objects(blocks) for line in _block(block, directory))
    return "\n".join(line for line in lines if line.strip())


def attachment_text(attachments: object, directory: Directory) -> str:
    """The words in the attachments of a message, without what they show of other messages."""
    own = (entry for entry in _objects(attachments) if not (entry.get("is_msg_unfurl") or entry.get("is_share")))
    texts = (entry.get("text") or entry.get("fallback") for entry in own)
    return "\n".join(plain(text, directory) for text in texts if isinstance(text, str) and text.strip())


def _block(block: JsonObject, directory: Directory) -> Iterator[str]:
    if block.get("type") == "rich_text":
        for section in _objects(block.get("elements")):
            yield from _section(section, directory)
        return
    texts = (block.get("text"), *_objects(block.get("fields")), *_objects(block.get("elements")))
    for entry in _objects(list(texts)):
        if isinstance(text := entry.get("text"), str):
            yield plain(text, directory) if entry.get("type") == "mrkdwn" else text


def _section(section: JsonObject, directory: Directory) -> Iterator[str]:
    if section.get("type") == "rich_text_list":
        for item in _objects(section.get("elements")):
            yield f"- {_inline(item, directory)}"
    else:
        yield _inline(section, directory)


def _inline(section: JsonObject, directory: Directory) -> str:
    return "".join(_piece(piece, directory) for piece in _objects(section.get("elements")))


def _piece(piece: JsonObject, directory: Directory) -> str:
    def said(key: str) -> str:
        value = piece.get(key)
        return value if isinstance(value, str) else ""

    match piece.get("type"):
        case "user":
            return mention(said("user_id"), directory)
        case "channel":
            return f"#{directory.channel_names.get(said('channel_id'), 'channel')}"
        case "usergroup":
            return "@team"
        case "broadcast":
            return f"@{said('range')}"
        case "emoji":
            return f":{said('name')}:"
        case "date":
            return said("fallback")
    return said("text") or said("url")


def _objects(value: object) -> list[JsonObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
