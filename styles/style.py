"""A style: what the brand should sound like, as a person wrote it down."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from conversations.errors import NotFound, SettingsError

STYLE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

Words = tuple[Annotated[str, Field(min_length=1, max_length=400)], ...]


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmojiRule(_Spec):
    """Which emoji the brand uses; an empty list with `at_most = 0` means none at all."""

    allowed: Words = ()
    at_most: int | None = Field(default=None, ge=0, le=20)


class LengthRule(_Spec):
    """How long a reply should be, in words."""

    words_at_least: int = Field(default=1, ge=1, le=2000)
    words_at_most: int = Field(default=200, ge=1, le=2000)

    @model_validator(mode="after")
    def _ordered(self) -> LengthRule:
        if self.words_at_least > self.words_at_most:
            raise ValueError("words_at_least is larger than words_at_most")
        return self


class Style(_Spec):
    """One brand voice as a spec. Every field but `name` and `about` may be left out."""

    name: str = Field(pattern=rf"^{STYLE_NAME.pattern}$")
    title: str = ""
    about: str = Field(min_length=10, max_length=2000)
    language: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    do: Words = ()
    dont: Words = ()
    preferred: Words = ()
    banned: Words = ()
    greeting: str = ""
    sign_off: str = ""
    decline: Words = ()
    example_prompts: Words = ()
    emoji: EmojiRule = EmojiRule()
    length: LengthRule = LengthRule()

    @property
    def display(self) -> str:
        return self.title or self.name


def load_style(path: Path) -> Style:
    """Read a style file; a broken one is refused with all of its faults at once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(f"Cannot read the style file {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    try:
        return Style.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(faults_sentence(str(path), error)) from error


def load_styles(folder: Path) -> dict[str, Style]:
    """Every style of a workspace by name; the file name has to be the style's name."""
    styles = {}
    for path in sorted(folder.glob("*.toml")):
        style = load_style(path)
        if style.name != path.stem:
            raise SettingsError(f'{path} names its style "{style.name}". Rename the file to {style.name}.toml.')
        styles[style.name] = style
    return styles


def faults_sentence(where: str, error: ValidationError) -> str:
    """All faults of a settings file, one a line, each with its key."""
    faults = [f"  {'.'.join(map(str, e['loc'])) or '(whole file)'}: {_plain(e['msg'])}" for e in error.errors()]
    plural = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n".join([f"{where} has {plural}:", *faults])


def _plain(message: str) -> str:
    return {
        "Extra inputs are not permitted": "is not a known key",
        "Field required": "is missing",
    }.get(message, message.removeprefix("Value error, "))


def guide(style: Style) -> str:
    """The style as a system prompt: what a base model without a voice is told."""
    lines = [f"You speak for {style.display}. {style.about.strip()}"]
    lines += _listing("Do", style.do)
    lines += _listing("Do not", style.dont)
    if style.preferred:
        lines.append(f"Words we like: {', '.join(style.preferred)}.")
    if style.banned:
        lines.append(f"Never say: {', '.join(style.banned)}.")
    if style.greeting:
        lines.append(f'Open with "{style.greeting}".')
    if style.sign_off:
        lines.append(f'Close with "{style.sign_off}".')
    if style.decline:
        lines.append(f"Politely decline: {', '.join(style.decline)}.")
    if style.emoji.at_most == 0:
        lines.append("Use no emoji.")
    elif style.emoji.allowed:
        most = style.emoji.at_most or "a few"
        lines.append(f"Emoji: only {' '.join(style.emoji.allowed)}, at most {most} in a reply.")
    lines.append(f"Answer in {style.length.words_at_least} to {style.length.words_at_most} words.")
    return "\n".join(lines)


def _listing(title: str, points: Iterable[str]) -> list[str]:
    points = list(points)
    return [f"{title}:", *(f"- {point}" for point in points)] if points else []
