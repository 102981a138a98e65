"""Whom a message mentions, and whom of them it really notifies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.wire import Json

CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def without_code(text: str) -> str:
    return CODE.sub("", text)


def mentioned_users(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"<@!?(\d+)>", text)))


def mentioned_roles(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"<@&(\d+)>", text)))


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """What a request lets its mentions do; ordinary messages allow everything by default, webhooks only users."""

    parse: frozenset[str]
    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    replied_user: bool = True

    @classmethod
    def of(cls, body: Json, *, webhook: bool) -> AllowedMentions:
        given = body.get("allowed_mentions")
        if given is None:
            return cls(frozenset({"users"} if webhook else {"users", "roles", "everyone"}))
        return cls(
            parse=frozenset(given.get("parse") or ()),
            users=frozenset(given.get("users") or ()),
            roles=frozenset(given.get("roles") or ()),
            replied_user=bool(given.get("replied_user")) if given else True,
        )


def notified(message: Json, text: str, allowed: AllowedMentions, *, people: People, bot_permissions: int) -> list[str]:
    """Whom a new message notifies: "everyone", "here", "role:ID" and "user:ID", in that order."""
    may_all = bool(bot_permissions & Permission.MENTION_EVERYONE)
    words = [word for word in ("everyone", "here") if f"@{word}" in text and "everyone" in allowed.parse and may_all]
    roles = [
        f"role:{role}"
        for role in message["mention_roles"]
        if ("roles" in allowed.parse or role in allowed.roles) and _reaches(people.role(role), may_all=may_all)
    ]
    users = [
        f"user:{user['id']}" for user in message["mentions"] if "users" in allowed.parse or user["id"] in allowed.users
    ]
    return words + roles + users


def _reaches(role: Json | None, *, may_all: bool) -> bool:
    return role is not None and (role["mentionable"] or may_all)
