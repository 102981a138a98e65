"""Slack as it is configured: credentials from the environment, options from `brandvoice.toml`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from brandvoice.settings import secret
from conversations.errors import SettingsError

if TYPE_CHECKING:
    from bots.platform import Platform
    from bots.slack import Credentials
    from bots.slack.checkup import Check
    from brandvoice.workspace import Workspace


def slack_is_configured() -> bool:
    """Whether there is a token, or an app that workspaces install themselves."""
    return bool(secret("SLACK_BOT_TOKEN") or secret("SLACK_CLIENT_ID"))


def slack_platform(workspace: Workspace) -> Platform:
    """The platform for `serve`."""
    credentials = slack_credentials()
    from bots.slack import Options, Slack

    slack, http = workspace.settings.slack, workspace.settings.http
    options = Options(
        mode=slack.mode,
        channels=slack.channels,
        host=http.host,
        port=slack.port,
        installations=workspace.data / "slack",
        approvers=slack.approvers,
        approvals=slack.approvals,
        votes=slack.votes,
    )
    from brandvoice.approving import WorkspaceApprovals

    return Slack(credentials, options, approvals=WorkspaceApprovals(workspace))


def slack_credentials() -> Credentials:
    """What the environment says. Raises SettingsError when Slack's libraries are not installed."""
    try:
        from bots.slack import credentials_from
    except ImportError as error:
        raise SettingsError(
            f'Slack needs packages that are not installed ({error.name}): pip install "brandvoice[slack]"'
        ) from error
    return credentials_from(secret, api_url=os.environ.get("SLACK_API_URL"))


def slack_checks(workspace: Workspace) -> Iterator[Check]:
    """Ask Slack whether everything fits; nothing when Slack is not configured."""
    if not slack_is_configured():
        return
    credentials = slack_credentials()
    from bots.slack.checkup import Check, check_up

    settings = workspace.settings
    slack = settings.slack
    checks = check_up(credentials, slack.mode, approvals=slack.approvals, votes=slack.votes, approvers=slack.approvers)
    yield from asyncio.run(checks)
    if not any(assigned.where.startswith(("slack:", "*:")) for assigned in settings.assign):
        mend = 'Add [[assign]] with where = "slack:*" and style = "…" to brandvoice.toml.'
        yield Check("slack voice", False, "no style is assigned to Slack", mend)
