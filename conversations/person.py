"""One person, or one account, as an export names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """One account: `id` is what messages have as their author, `names` begin with the one that others see."""

    id: str
    names: tuple[str, ...] = ()
    bot: bool = False

    @property
    def mention(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def shown(self) -> str:
        """The name for a list that people read, without what a terminal would obey."""
        name = self.mention or self.id
        return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)
