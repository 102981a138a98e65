"""The check-up: whether Slack takes our tokens, grants what we need, and how to mend what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.clients import make_client
from bots.slack.credentials import NEEDED_FROM, Credentials, Mode
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.installations import sealing_fault
from bots.slack.manifest import SCOPES

GROUPS_SCOPE: Final = "usergroups:read"  # the manifest asks for it as an optional one
_TIME: Final = ClientTimeout(total=10)
_MEND_SOCKETS: Final = (
    "It begins with xapp- and needs the scope connections:write: Basic Information > App-Level Tokens. "
    "Socket Mode has to be switched on: Settings > Socket Mode."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    subject: str
    ok: bool
    detail: str
    mend: str = ""


async def check_up(
    credentials: Credentials, mode: Mode, *, approvals: str = "", votes: str = "", approvers: Sequence[str] = ()
) -> list[Check]:
    """Ask Slack about everything that is set; never raises for what Slack says.

    `approvals` and `votes` are the channels in which rounds are decided and blind votes are held, where they are
    chosen; `approvers` are people and user groups.
    """
    missing = [Check(name, False, "not set", NEEDED_FROM[name]) for name in credentials.missing(mode)]
    async with ClientSession(timeout=_TIME) as session:
        client = make_client(credentials.bot_token, api_url=credentials.api_url, session=session, patient=False)
        found = missing + [check async for check in _checks(client, credentials, mode, approvers=approvers)]
        if credentials.bot_token and not credentials.many_workspaces:
            chosen = {"approvals": approvals, "votes": votes}
            found += [await _channel(client, key, name.rpartition("/")[2]) for key, name in chosen.items() if name]
        return found


async def _checks(
    client: AsyncWebClient, credentials: Credentials, mode: Mode, *, approvers: Sequence[str]
) -> AsyncIterator[Check]:
    if credentials.bot_token and not credentials.many_workspaces:
        for check in await _bot_token(client, groups=[name for name in approvers if name.startswith("S")]):
            yield check
    if credentials.app_token and mode == "socket":
        yield await _app_token(client, credentials.app_token)
    if credentials.many_workspaces and credentials.store_key:
        fault = sealing_fault(credentials.store_key)
        yield Check("slack store key", not fault, fault or "fits", "brandvoice slack key makes one.")


async def _bot_token(client: AsyncWebClient, *, groups: Sequence[str]) -> list[Check]:
    try:
        answer = await client.auth_test()
    except SLACK_FAILURES as failure:
        if not isinstance(failure, SlackApiError):
            return [_unreachable("slack bot token", failure, client)]
        mend = "OAuth & Permissions > Bot User OAuth Token; install the app to the workspace anew if it was removed."
        return [Check("slack bot token", False, f"Slack says {reason(failure)}", mend)]
    granted = {scope.strip() for scope in str(answer.headers.get("x-oauth-scopes") or "").split(",")}
    missing = sorted(set(SCOPES) - granted)
    who = f"{answer.get('user')} in {answer.get('team')} ({answer.get('team_id')})"
    scopes = Check(
        "slack scopes",
        not missing,
        f"missing: {', '.join(missing)}" if missing else f"all {len(SCOPES)} granted",
        "Paste `brandvoice slack manifest` under App Manifest, then reinstall the app." if missing else "",
    )
    return [Check("slack bot token", True, who), scopes, *_user_groups(groups, granted)]


def _user_groups(groups: Sequence[str], granted: Collection[str]) -> list[Check]:
    """Whether we may see who is in the groups that approve; without that, nobody of them may."""
    if not groups:
        return []
    may_read = GROUPS_SCOPE in granted
    return [
        Check(
            "slack approvers",
            may_read,
            f"{', '.join(groups)}: {'can be read' if may_read else f'the scope {GROUPS_SCOPE} is missing'}",
            "" if may_read else f"Grant {GROUPS_SCOPE} under OAuth & Permissions > Bot Token Scopes, then reinstall.",
        )
    ]


def _unreachable(subject: str, failure: BaseException, client: AsyncWebClient) -> Check:
    mend = "Check the network and its proxy, and SLACK_API_URL if it is set. The token could not be tried."
    return Check(subject, False, f"Slack cannot be reached at {client.base_url} ({reason(failure)})", mend)


async def _channel(client: AsyncWebClient, key: str, channel: str) -> Check:
    """Whether we are in a channel that the settings name: reading it is what tells us, without one more scope."""
    subject = f"slack {key} channel"
    try:
        await client.conversations_history(channel=channel, limit=1)
    except SLACK_FAILURES as failure:
        mend = f"Invite the app there: open the channel {channel} in Slack and write /invite @ and its name."
        return Check(subject, False, f"{channel}: Slack says {reason(failure)}", mend)
    return Check(subject, True, f"{channel}, the app is in it")


async def _app_token(client: AsyncWebClient, app_token: str) -> Check:
    try:
        await client.apps_connections_open(app_token=app_token)
    except SLACK_FAILURES as failure:
        if not isinstance(failure, SlackApiError):
            return _unreachable("slack app token", failure, client)
        return Check("slack app token", False, f"Slack says {reason(failure)}", _MEND_SOCKETS)
    return Check("slack app token", True, "Socket Mode connects")
