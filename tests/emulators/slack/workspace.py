"""The workspace: everything that an emulated Slack knows, in one place."""

from __future__ import annotations

import secrets
import time

from tests.emulators.slack.channels import HISTORY_SCOPE
from tests.emulators.slack.courier import Courier
from tests.emulators.slack.grants import Grants
from tests.emulators.slack.ids import Ids
from tests.emulators.slack.journal import Journal
from tests.emulators.slack.messages import MessageStore, mass_mentions
from tests.emulators.slack.records import (
    Channel,
    ChannelKind,
    File,
    Json,
    ResponseUrl,
    StatusKey,
    Token,
)
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.settings import App, Rules
from tests.emulators.slack.triggers import Triggers
from tests.emulators.slack.views import ViewStore


class Workspace:
    """The state behind the Web API; hold `journal.changed` while changing it."""

    def __init__(self, app: App, rules: Rules, *, journal: Journal, courier: Courier) -> None:
        self.app = app
        self.rules = rules
        self.journal = journal
        self.courier = courier
        self.address = ""  # http://127.0.0.1:port once it listens
        self.grants = Grants()
        self.ids = Ids()
        self.tokens: dict[str, Token] = {
            app.bot_token: {"kind": "bot", "team": app.team},
            app.app_token: {"kind": "app", "team": app.team},
        }
        self.oauth_codes: dict[str, str] = {}  # code -> team
        self.teams: dict[str, Json] = {app.team: {"id": app.team, "name": "emul", "domain": "emul"}}
        self.users: dict[str, Json] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.channels: dict[str, Channel] = {}
        self.messages = MessageStore()
        self.files: dict[str, File] = {}
        self.views = ViewStore(app, self.ids)
        self.triggers = Triggers(rules)
        self.response_urls: dict[str, ResponseUrl] = {}
        self.prompts: dict[str, Json] = {}
        self.statuses: dict[StatusKey, str] = {}  # shown "is thinking…"
        self.sessions: dict[StatusKey, Json] = {}

    def add_user(
        self,
        id: str,  # noqa: A002 (Slack's own word for it)
        name: str,
        *,
        is_bot: bool = False,
        is_admin: bool = False,
        deleted: bool = False,
        is_restricted: bool = False,
        is_stranger: bool = False,
        team: str | None = None,
    ) -> None:
        profile = {"display_name": name, "real_name": name.title(), "email": f"{name}@example.com"}
        self.users[id] = {
            "id": id,
            "team_id": team or self.app.team,
            "name": name,
            "real_name": name.title(),
            "profile": profile,
            "tz": "UTC",
            "deleted": deleted,
            "is_bot": is_bot,
            "is_admin": is_admin,
            "is_owner": is_admin,
            "is_restricted": is_restricted,
            "is_ultra_restricted": False,
            "is_stranger": is_stranger,
        }

    def add_channel(
        self,
        id: str,  # noqa: A002 (Slack's own word for it)
        name: str,
        *,
        kind: ChannelKind = "channel",
        members: list[str] | None = None,
        ext_shared: bool = False,
        team: str | None = None,
    ) -> None:
        """A channel; without `members` everybody known so far is in it, the bot too."""
        inside = list(self.users if members is None else members)
        self.channels[id] = {
            "id": id,
            "name": name,
            "kind": kind,
            "ext_shared": ext_shared,
            "team": team or self.app.team,
            "members": inside,
        }

    def add_team(self, team: str, bot_token: str | None = None) -> None:
        """Another workspace; without a token the app is not installed there yet (see `oauth_code`)."""
        self.teams[team] = {"id": team, "name": team.lower(), "domain": team.lower()}
        if bot_token:
            self.tokens[bot_token] = {"kind": "bot", "team": team}

    def oauth_code(self, team: str) -> str:
        """The code Slack would put on the redirect after an admin of `team` pressed Allow."""
        code = secrets.token_hex(6)
        self.oauth_codes[code] = team
        return code

    def add_file(self, name: str, data: bytes, *, user: str = "U1", mimetype: str = "text/plain") -> File:
        """A file a user uploaded; pass it to `user_says(files=[…])`."""
        with self.journal.changed:
            file_id = f"F{self.ids.next()}"
            self.files[file_id] = {"id": file_id, "name": name, "data": data, "user": user, "mimetype": mimetype}
            return self.files[file_id]

    def public_file(self, file: File) -> Json:
        """The file as the API shows it."""
        url = f"{self.address}/files/{file['id']}/{file['name']}"
        return {
            "id": file["id"],
            "name": file["name"],
            "title": file["name"],
            "mimetype": file["mimetype"],
            "filetype": file["name"].rsplit(".", 1)[-1],
            "size": len(file["data"]),
            "user": file["user"],
            "mode": "hosted",
            "url_private": url,
            "url_private_download": url,
            "permalink": f"https://emul.slack.com/files/{file['user']}/{file['id']}",
        }

    def new_response_url(self, user: str, channel: str, *, ts: str | None) -> str:
        secret = secrets.token_hex(6)
        self.response_urls[secret] = ResponseUrl(user, channel, ts, time.monotonic())
        return f"{self.address}/response/{secret}"

    def note_pings(self, message: Json) -> None:
        """Remember whom a message of the bot would ring."""
        self.journal.pings.extend((message["ts"], mention) for mention in mass_mentions(message))

    def bot_is_in(self, channel: Channel) -> bool:
        return self.app.bot_user in channel["members"]

    def known_channel(self, channel_id: str | None) -> Channel:
        """A channel that the bot can know of; private ones only when it is inside."""
        channel = self.channels.get(channel_id or "")
        if channel is None or (channel["kind"] in ("group", "im") and not self.bot_is_in(channel)):
            raise Refusal("channel_not_found")
        return channel

    def writable_channel(self, channel_id: str | None) -> Channel:
        """A channel in which the bot may act."""
        channel = self.known_channel(channel_id)
        if not self.bot_is_in(channel) and not self.grants.grants("chat:write.public"):
            raise Refusal("not_in_channel")
        return channel

    def history_channel(self, channel_id: str | None) -> Channel:
        """A channel whose messages the bot may read: it has to be a member."""
        channel = self.known_channel(channel_id)
        if not self.bot_is_in(channel):
            raise Refusal("not_in_channel")
        return channel

    def direct(self, channel_id: str | None) -> str | None:
        """Methods with a parameter `channel` take the id of a user for the direct messages with that user."""
        return f"D{channel_id}" if channel_id in self.users else channel_id

    def history_granted(self, channel: Channel) -> bool:
        return self.grants.grants(HISTORY_SCOPE[channel["kind"]])


def furnish(workspace: Workspace) -> None:
    """Two people and an admin, two channels, a private one, and the direct messages of each person with the bot."""
    bot = workspace.app.bot_user
    workspace.add_user("U1", "ann")
    workspace.add_user("U2", "bob")
    workspace.add_user(bot, "bot", is_bot=True)
    workspace.add_user("UADMIN", "root", is_admin=True)
    workspace.add_channel("C1", "general")
    workspace.add_channel("C2", "random")
    workspace.add_channel("G1", "secret", kind="group")
    for person in ("U1", "U2", "UADMIN"):
        workspace.add_channel(f"D{person}", "", kind="im", members=[person, bot])
