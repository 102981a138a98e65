"""Several workspaces: installed by OAuth, kept encrypted, answered with their own tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from cryptography.fernet import Fernet
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.oauth.installation_store import Installation

from bots.slack import Credentials, Options
from bots.slack.installations import EncryptedInstallations
from bots.slack.manifest import manifest
from bots.slack.many_teams import ManyTeams
from brandvoice.testing import ScriptedEngine
from conversations.errors import NotFound, SettingsError
from conversations.store import ConversationStore
from tests.bots.slack.desk import Bot, serving
from tests.bots.slack.test_connection import fetch
from tests.emulators.slack import SlackEmulator

KEY = Fernet.generate_key().decode()
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk, aiohttp 3.14


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "slack"


@pytest.fixture
def bot(
    slack: SlackEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path, folder: Path
) -> Iterator[Bot]:
    """The app as a service: it takes signed requests, and T2 can install it."""
    slack.apply_manifest(manifest("Harbor", "Answers.", url="https://bot.example"))
    slack.add_team("T2")
    slack.add_channel("C9", "theirs", team="T2")
    credentials = Credentials(
        signing_secret=slack.signing_secret, client_id="1", client_secret="2", store_key=KEY, api_url=slack.api_url
    )
    options = Options(mode="http", port=0, installations=folder)
    with serving(slack, store, engine, credentials=credentials, folder=tmp_path, options=options) as bot:
        slack.wait_for(lambda: bot.platform.address)
        slack.use_http(f"{bot.platform.address}/slack/events")
        yield bot


def install(bot: Bot, team: str = "T2") -> None:
    """As an admin does: the page, Slack's consent, and back; a forged state does not get in."""
    slack, base = bot.slack, bot.platform.address
    _, page = fetch(f"{base}/slack/install")
    found = re.search(r"state=([\w-]+)", page)
    assert found
    back = f"{base}/slack/oauth_redirect?code="
    assert fetch(f"{back}{slack.oauth_code(team)}&state=forged")[0] == 400
    cookie = {"Cookie": f"slack-app-oauth-state={found[1]}"}
    assert fetch(f"{back}{slack.oauth_code(team)}&state={found[1]}", headers=cookie)[0] == 200


def test_an_installed_workspace_is_answered_with_its_own_token(bot: Bot, slack: SlackEmulator, folder: Path) -> None:
    install(bot)
    bot.answered(channel="C9")
    token = slack.calls("chat.startStream")[-1].token
    assert slack.tokens[token]["team"] == "T2"
    kept = folder / "T2.sealed"
    assert token.encode() not in kept.read_bytes()
    assert (kept.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    (conversation,) = bot.store.conversations(None)
    assert conversation.place.startswith("slack:T2/C9/")


def test_a_workspace_that_did_not_install_it_gets_no_answer(bot: Bot, slack: SlackEmulator) -> None:
    install(bot)
    bot.ask(channel="C1")
    slack.settle(quiet=0.3)
    assert bot.engine.requests == []


def test_an_answer_of_one_workspace_cannot_be_reached_from_another(bot: Bot, slack: SlackEmulator) -> None:
    install(bot)
    install(bot, "T1")
    secret = bot.answered(channel="C1")
    theirs = bot.answered(channel="C9")
    theirs["blocks"] = secret["blocks"]
    slack.click("C9", theirs["ts"], "U1", "brandvoice_again")
    assert bot.private() == "That answer is not there any more."
    assert len(bot.engine.requests) == 2


def test_a_token_that_ends_is_renewed(bot: Bot, slack: SlackEmulator, folder: Path) -> None:
    slack.manifest = {**(slack.manifest or {}), "settings": {"token_rotation_enabled": True}}
    install(bot)
    bot.answered(channel="C9")
    first = slack.calls("chat.startStream")[-1].token
    sealing = Fernet(KEY)
    kept = folder / "T2.sealed"
    aged = re.sub(rb'"bot_token_expires_at": \d+', b'"bot_token_expires_at": 1', sealing.decrypt(kept.read_bytes()))
    kept.write_bytes(sealing.encrypt(aged))
    slack.expire_token(first)
    bot.answered(channel="C9")
    second = slack.calls("chat.startStream")[-1].token
    assert second != first
    assert slack.tokens[second]["team"] == "T2"


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}]
)
def test_a_workspace_that_removes_the_app_is_forgotten(
    bot: Bot, slack: SlackEmulator, folder: Path, event: dict[str, object]
) -> None:
    install(bot)
    slack.event({**event, "event_ts": "1.1"}, team="T2")
    slack.wait_for(lambda: not (folder / "T2.sealed").exists())
    bot.ask(channel="C9")
    slack.settle(quiet=0.3)
    assert bot.engine.requests == []


async def test_an_organisation_installs_for_its_workspaces_and_removes_the_app_from_all(
    tmp_path: Path, slack: SlackEmulator
) -> None:
    credentials = Credentials(client_id="1", client_secret="2", store_key=KEY, api_url=slack.api_url)
    async with ClientSession() as session:
        teams = ManyTeams(credentials, tmp_path, session=session)
        whole = Installation(enterprise_id="E1", is_enterprise_install=True, user_id="U1", bot_token="xoxb-1")
        await teams.installations.async_save(whole)
        assert (await teams.find("T7", enterprise="E1")).client.token == "xoxb-1"
        context = AsyncBoltContext({"enterprise_id": "E1", "team_id": "T7", "is_enterprise_install": True})
        await teams._remove({"team_id": "T7"}, {"type": "app_uninstalled"}, context)
        with pytest.raises(NotFound):
            await teams.find("T7", enterprise="E1")


async def test_installations_cannot_be_read_with_another_key(tmp_path: Path) -> None:
    installation = Installation(team_id="T1", user_id="U1", bot_token="xoxb-1", user_token="xoxp-1")
    await EncryptedInstallations(tmp_path, KEY).async_save(installation)
    found = await EncryptedInstallations(tmp_path, KEY).async_find_installation(enterprise_id="E1", team_id="T1")
    assert found is not None
    assert (found.bot_token, found.user_token) == ("xoxb-1", None)
    with pytest.raises(SettingsError, match=r"T1\.sealed cannot be read with BRANDVOICE_STORE_KEY"):
        await EncryptedInstallations(tmp_path, Fernet.generate_key().decode()).async_find_installation(
            enterprise_id=None, team_id="T1"
        )
