"""The real slack_bolt behind the emulated Slack's signed requests, and installed through its OAuth."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.sample_slack_app import Notes, assistant, served
from tests.emulators.slack import Json, SlackEmulator


def fetch(url: str, *, body: str | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """(status, text), whatever the status."""
    request = urllib.request.Request(url, data=None if body is None else body.encode(), headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def address(slack: SlackEmulator) -> Iterator[str]:
    """Where the sample assistant takes signed requests."""
    with served(slack, assistant(slack, Notes())) as base:
        slack.use_http(f"{base}/slack/events")
        yield f"{base}/slack/events"


def ask(slack: SlackEmulator, channel: str = "C1") -> Json:
    return slack.user_says(channel, "U1", f"<@{slack.bot_user}> over http")


def test_signed_events_commands_and_presses_are_answered(slack: SlackEmulator, address: str) -> None:
    reply = slack.wait_reply("C1", ask(slack)["ts"])
    assert slack.text_of(reply).startswith("You said: over http")
    slack.click("C1", reply["ts"], "U1", "feedback", value="negative")
    view = slack.wait_view("U1")
    refusal = slack.submit_view(view["id"], "U1", {"better": "x"})
    assert refusal == {"response_action": "errors", "errors": {"b": "too short"}}
    slack.slash("/quick", "", "U1", "C1")
    slack.wait_for(lambda: slack.ephemerals)
    assert slack.ephemerals[0]["text"] == "at once"
    assert slack.user_errors == []


@pytest.mark.parametrize(
    ("forgery", "status"),
    [({}, 200), ({"secret": "wrong"}, 401), ({"at": int(time.time()) - 600}, 401)],
    ids=["genuine", "another secret", "ten minutes old"],
)
def test_the_signature_and_its_time_count(slack: SlackEmulator, address: str, forgery: Json, status: int) -> None:
    ask(slack)
    body = json.dumps(slack.envelopes[0].payload)
    headers = slack.sign(body, **forgery) | {"content-type": "application/json"}
    assert fetch(address, body=body, headers=headers)[0] == status
    if status == 200:
        assert fetch(address, body=f"{body} ", headers=headers)[0] == 401


def test_an_event_for_a_dead_server_comes_again_and_a_command_fails(slack: SlackEmulator) -> None:
    slack.rules.ack_timeout, slack.rules.redeliver_after = 0.5, (0.0, 0.1)
    with served(slack, assistant(slack, Notes())) as base:
        gone = f"{base}/slack/events"
    slack.use_http(gone)
    slack.slash("/tune", "", "U1", "C1")
    slack.user_says("C1", "U1", "hi")
    slack.wait_for(lambda: len(slack.envelopes[1].ids) == 3 and slack.user_errors)
    assert slack.user_errors == ["/tune failed: http_timeout"]
    assert slack.envelopes[1].acked_at is None


def test_an_answer_with_another_status_is_no_acknowledgement(slack: SlackEmulator, address: str) -> None:
    slack.use_http(address.replace("/slack/events", "/elsewhere"))
    slack.slash("/tune", "", "U1", "C1")
    slack.wait_for(lambda: slack.user_errors)
    assert slack.user_errors == ["/tune failed: http_error"]


def installable(slack: SlackEmulator, folder: Path) -> AsyncApp:
    """An app with tokens that rotate, not yet installed anywhere."""
    settings = AsyncOAuthSettings(
        client_id="1",
        client_secret="2",
        scopes=["chat:write", "app_mentions:read"],
        installation_store=FileInstallationStore(base_dir=str(folder / "installed")),
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(folder / "states")),
    )
    client = AsyncWebClient(base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, oauth_settings=settings)
    authorize: Any = app._async_authorize
    authorize.token_rotator.client = client  # bolt would rotate at slack.com, whatever client it was given

    @app.event("app_mention")
    async def answer(event: Json, say: Any) -> None:
        await say("installed", thread_ts=event["ts"])

    @app.event("message")
    async def ignore() -> None:
        pass

    return app


def install(slack: SlackEmulator, base: str, *, team: str) -> None:
    """As an admin does: open the page, press Allow, come back with the code; a forged state does not get in."""
    _, page = fetch(f"{base}/slack/install")
    found = re.search(r"state=([\w-]+)", page)
    assert found
    back, state = f"{base}/slack/oauth_redirect?code=", found[1]
    assert fetch(f"{back}{slack.oauth_code(team)}&state=forged")[0] == 400
    cookie = {"Cookie": f"slack-app-oauth-state={state}"}
    assert fetch(f"{back}{slack.oauth_code(team)}&state={state}", headers=cookie)[0] == 200


def test_the_consent_page_sends_a_code_and_the_state_back(slack: SlackEmulator, address: str) -> None:
    consent = slack.api_url.replace("/api/", "/oauth/v2/authorize")
    query = f"?team=T2&state=s&redirect_uri={address.replace('/slack/events', '/elsewhere')}"
    slack.add_team("T2")
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(consent + query):
        pass
    with caught.value as landed:
        assert re.search(r"/elsewhere\?code=(\w+)&state=s$", landed.url)


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk with aiohttp 3.14
def test_an_installed_workspace_is_answered_with_its_own_token_also_after_rotation(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    slack.manifest = {"settings": {"token_rotation_enabled": True}, "features": {}}
    slack.add_team("T2")
    slack.add_channel("C9", "theirs", team="T2")
    with served(slack, installable(slack, tmp_path)) as base:
        slack.use_http(f"{base}/slack/events")
        install(slack, base, team="T2")
        slack.wait_reply("C9", ask(slack, "C9")["ts"])
        first = slack.calls("chat.postMessage")[-1].token
        assert slack.tokens[first]["team"] == "T2"

        ask(slack, "C1")  # of T1, which has not installed it
        slack.settle(quiet=0.3)
        assert slack.bot_messages("C1") == []

        age_tokens(tmp_path / "installed")
        slack.expire_token(first)
        slack.wait_reply("C9", ask(slack, "C9")["ts"])
        second = slack.calls("chat.postMessage")[-1].token
        assert second != first
        assert slack.tokens[second]["team"] == "T2"


def age_tokens(folder: Path) -> None:
    """The stored tokens look expired, so that bolt rotates them."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        stored = json.loads(path.read_text())
        if stored.get("bot_token_expires_at"):
            path.write_text(json.dumps(stored | {"bot_token_expires_at": 1}))
