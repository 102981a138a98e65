"""The check-up of Discord, and its invitation."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.discord import Options
from bots.discord.checkup import Check, check_up, invitation_for
from conversations.errors import SettingsError
from tests.emulators.discord import DiscordEmulator


def options(disc: DiscordEmulator, **more: object) -> Options:
    return Options(Path("unused"), api_url=disc.api_url, gateway_url=disc.gateway_url, **more)  # type: ignore[arg-type]


async def faults(disc: DiscordEmulator, token: str | None = None, **more: object) -> dict[str, Check]:
    checks = await check_up(token or disc.token, options(disc, **more))
    return {check.subject: check for check in checks if not check.ok}


async def test_a_bot_that_may_do_everything_has_no_faults(disc: DiscordEmulator) -> None:
    assert await faults(disc, message_content=True) == {}


async def test_a_wrong_token_is_a_fault(disc: DiscordEmulator) -> None:
    assert "Reset Token" in (await faults(disc, "wrong"))["discord token"].mend


async def test_a_server_that_is_listed_without_the_bot_is_a_fault(disc: DiscordEmulator) -> None:
    found = await faults(disc, guilds=("42", disc.guild_id))
    assert list(found) == ["discord server 42"]


async def test_an_approvals_channel_that_the_bot_does_not_see_is_a_fault(disc: DiscordEmulator) -> None:
    assert list(await faults(disc, approvals="42")) == ["discord approvals channel"]
    assert await faults(disc, approvals=disc.id("C1")) == {}


async def test_a_channel_for_votes_that_the_bot_does_not_see_is_a_fault(disc: DiscordEmulator) -> None:
    found = await faults(disc, approvals=disc.id("C1"), votes="42")
    assert list(found) == ["discord votes channel"]
    assert "[discord] votes names" in found["discord votes channel"].mend
    assert await faults(disc, votes=disc.id("C1")) == {}


async def test_an_unreachable_discord_is_a_fault(disc: DiscordEmulator) -> None:
    disc.stop()
    assert "no answer from" in (await faults(disc))["discord"].detail
    with pytest.raises(SettingsError, match="cannot be reached"):
        await invitation_for(disc.token, options(disc))


async def test_the_invitation_of_a_wrong_token_is_a_sentence(disc: DiscordEmulator) -> None:
    with pytest.raises(SettingsError, match="refuses DISCORD_TOKEN"):
        await invitation_for("wrong", options(disc))
