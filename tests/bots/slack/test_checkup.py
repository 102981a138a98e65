"""The check-up of Slack says what is wrong and how to mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bots.slack import Credentials
from bots.slack.checkup import Check, check_up
from tests.emulators.slack import SlackEmulator


def faults(checks: list[Check]) -> dict[str, str]:
    assert all(check.mend for check in checks if not check.ok)
    return {check.subject: check.detail for check in checks if not check.ok}


async def test_all_is_well(credentials: Credentials) -> None:
    checks = await check_up(credentials, "socket")
    assert faults(checks) == {}
    assert [(check.subject, check.detail) for check in checks] == [
        ("slack bot token", "bot in emul (T1)"),
        ("slack scopes", "all 11 granted"),
        ("slack app token", "Socket Mode connects"),
    ]


async def test_an_approvals_channel_without_the_app_is_a_fault(credentials: Credentials, slack: SlackEmulator) -> None:
    slack.add_channel("C7", "approvals", members=["U1"])
    found = faults(await check_up(credentials, "socket", approvals="C7"))
    assert found == {"slack approvals channel": "C7: Slack says not_in_channel"}
    assert faults(await check_up(credentials, "socket", approvals="C1")) == {}


async def test_a_channel_for_votes_without_the_app_is_a_fault(credentials: Credentials, slack: SlackEmulator) -> None:
    slack.add_channel("C7", "votes", members=["U1"])
    found = faults(await check_up(credentials, "socket", approvals="C1", votes="T1/C7"))
    assert found == {"slack votes channel": "C7: Slack says not_in_channel"}
    assert faults(await check_up(credentials, "socket", votes="C1")) == {}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"bot_token": "xoxb-no"}, {"slack bot token": "Slack says invalid_auth"}),
        ({"app_token": "xapp-no"}, {"slack app token": "Slack says invalid_auth"}),
        ({"app_token": None}, {"SLACK_APP_TOKEN": "not set"}),
        ({"api_url": "http://127.0.0.1:9/api/"}, None),
        (
            {"client_id": "1", "client_secret": "2", "store_key": "short"},
            {"slack store key": "not a key of 32 bytes in url-safe base64"},
        ),
        ({"client_id": "1", "client_secret": "2", "store_key": Fernet.generate_key().decode()}, {}),
    ],
)
async def test_what_is_wrong_is_named(
    credentials: Credentials, changes: dict[str, Any], found: dict[str, str] | None
) -> None:
    shown = faults(await check_up(replace(credentials, **changes), "socket"))
    if found is None:
        assert set(shown) == {"slack bot token", "slack app token"}
    else:
        assert shown == found


async def test_missing_scopes_are_named(credentials: Credentials, slack: SlackEmulator) -> None:
    slack.scopes = {"chat:write", "commands"}
    shown = faults(await check_up(credentials, "socket"))
    assert shown["slack scopes"].startswith("missing: app_mentions:read, assistant:write, channels:history")


async def test_socket_mode_that_is_switched_off_is_named(credentials: Credentials, slack: SlackEmulator) -> None:
    slack.manifest = {"settings": {"socket_mode_enabled": False}}
    assert faults(await check_up(credentials, "socket")) == {"slack app token": "Slack says socket_mode_not_enabled"}
    assert faults(await check_up(credentials, "http")) == {}


@pytest.mark.parametrize("granted", [True, False])
async def test_user_groups_that_approve_have_to_be_readable(
    credentials: Credentials, slack: SlackEmulator, granted: bool
) -> None:
    assert slack.workspace.grants.scopes is not None
    if granted:
        slack.workspace.grants.scopes.add("usergroups:read")
    else:
        slack.workspace.grants.scopes.discard("usergroups:read")
    found = faults(await check_up(credentials, "socket", approvers=("U1", "S1")))
    assert found == ({} if granted else {"slack approvers": "S1: the scope usergroups:read is missing"})
    assert faults(await check_up(credentials, "socket", approvers=("U1",))) == {}
