"""Places: where in Slack a message stands, and the names that conversations, messages and people get from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PLATFORM = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    """A thread: workspace, channel and the `ts` of the message that began it."""

    team: str
    channel: str
    thread: str

    def __str__(self) -> str:
        return f"{self.team}/{self.channel}/{self.thread}"

    def message(self, ts: str) -> str:
        """The id under which a message of this channel is kept."""
        return f"{self.team}/{self.channel}/{ts}"

    def person(self, user: str) -> str:
        return person(self.team, user)


@dataclass(frozen=True, slots=True)
class Question:
    """A message that is to be answered: where it stands, and for whom the answer streams."""

    place: Place
    ts: str
    user: str
    user_team: str

    @property
    def id(self) -> str:
        return self.place.message(self.ts)

    @property
    def is_direct(self) -> bool:
        """Whether it was written to us alone."""
        return self.place.channel.startswith("D")


def person(team: str, user: str) -> str:
    """The name under which a person is kept; a person in two workspaces is two."""
    return f"{team}/{user}"


def channel_within(team: str, channel: str) -> str:
    """What every place of a channel begins with."""
    return f"{team}/{channel}/"


def place_of(text: str) -> Place:
    """The place that `str(place)` wrote."""
    team, channel, thread = text.split("/")
    return Place(team, channel, thread)


def question_of(event: dict[str, Any], team: str) -> Question:
    """Where a `message` or `app_mention` event stands; each message outside of a thread begins one."""
    place = Place(team, event["channel"], event.get("thread_ts") or event["ts"])
    return Question(place, event["ts"], event["user"], event.get("user_team") or event.get("team") or team)
