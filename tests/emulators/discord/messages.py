"""Messages: where they are kept, and what a bot gets to see of them."""

from __future__ import annotations

from collections import defaultdict

from tests.emulators.discord.channels import Channels
from tests.emulators.discord.components import displayed_text
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.mentions import mentioned_roles, mentioned_users
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import Intent
from tests.emulators.discord.wire import Json, now, outward

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15  # flags
REPLY, THREAD_STARTER = 19, 21  # types
HIDDEN: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class Messages:
    """Ephemeral messages lie apart: only one person sees them, and the bot has no other way to them."""

    def __init__(self, ids: Ids, people: People, channels: Channels) -> None:
        self._ids = ids
        self._people = people
        self._channels = channels
        self.by_channel: dict[str, list[Json]] = defaultdict(list)
        self.ephemerals: list[Json] = []

    def blank(self, channel: Json, author: Json, text: str) -> Json:
        """A new message that is not kept anywhere yet."""
        message = {
            "id": self._ids.fresh(),
            "channel_id": channel["id"],
            "author": author,
            "content": text,
            "timestamp": now(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
            "components": [],
            **self._channels.place(channel["id"]),
        }
        return message | self.mentions(channel, text)

    def mentions(self, channel: Json, text: str) -> Json:
        """The two fields that say whom a text mentions."""
        users = [self._people.users[user] for user in mentioned_users(text) if user in self._people.users]
        guild = channel.get("guild_id")
        if guild:
            users = [user | {"member": self._people.member(guild, user["id"])} for user in users]
        return {"mentions": users, "mention_roles": mentioned_roles(text)}

    def reply(self, message: Json, target: Json) -> None:
        """Make a message a reply to another, of which Discord sends along only the message itself."""
        reference = {"message_id": target["id"], "channel_id": target["channel_id"]}
        reference |= self._channels.place(target["channel_id"])
        alone = {key: value for key, value in outward(target).items() if key != "referenced_message"}
        message |= {"type": REPLY, "message_reference": reference, "referenced_message": alone}

    def keep(self, message: Json) -> None:
        ephemeral = message["flags"] & EPHEMERAL
        (self.ephemerals if ephemeral else self.by_channel[message["channel_id"]]).append(message)

    def remove(self, message: Json) -> None:
        for box in (self.ephemerals, self.by_channel[message["channel_id"]]):
            box[:] = [each for each in box if each["id"] != message["id"]]

    def find(self, message: str) -> Json:
        """A message wherever it is, ephemeral ones too; KeyError if there is none."""
        for box in (*self.by_channel.values(), self.ephemerals):
            for each in box:
                if each["id"] == message:
                    return each
        raise KeyError(f"no message {message}")

    def require(self, channel: str, message: str) -> Json:
        """A message that a request names in a channel."""
        found = next((each for each in self.by_channel[channel] if each["id"] == message), None)
        if found is None:
            raise ApiError(404, 10008, "Unknown Message")
        return found

    def by_bot(self, channel: str) -> list[Json]:
        """What the bot said in a channel; the first item of a thread only points to another message."""
        return [each for each in self.by_channel[channel] if self._is_bot(each) and each["type"] != THREAD_STARTER]

    def shown_to(self, user: str) -> list[Json]:
        """The ephemeral messages a person sees, without those that only say that the bot is thinking."""
        return [each for each in self.ephemerals if each["_for"] == user and not each["_loading"]]

    def view(self, message: Json, intents: int = ~0) -> Json:
        """A message as a bot with these intents gets it."""
        seen = outward(message)
        if seen.get("referenced_message"):
            seen["referenced_message"] = self.view(seen["referenced_message"], intents)
        return seen | HIDDEN if self._is_hidden(message, intents) else seen

    def _is_bot(self, message: Json) -> bool:
        return bool(message["author"]["id"] == self._people.bot_id)

    def _is_hidden(self, message: Json, intents: int) -> bool:
        if intents & Intent.MESSAGE_CONTENT or not message.get("guild_id") or self._is_bot(message):
            return False
        return all(user["id"] != self._people.bot_id for user in message["mentions"])


def text_of(message: Json) -> str:
    """Content plus the text of embeds and of v2 text displays."""
    embeds = [each.get("description") or each.get("title") or "" for each in message.get("embeds") or []]
    parts = [message.get("content") or "", *embeds, *displayed_text(message.get("components") or [])]
    return "\n".join(part for part in parts if part)
