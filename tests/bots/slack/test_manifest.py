"""The manifest asks for what the app uses, no more, and stays within Slack's limits."""

from __future__ import annotations

import pytest

from bots.slack.manifest import EVENTS, manifest

LONG = "A very long story about boats. " * 20


@pytest.mark.parametrize("url", [None, "https://bot.example/"])
def test_it_stays_within_slacks_limits(url: str | None) -> None:
    made = manifest("The very long name of a very long brand of boats", LONG, prompts=[LONG] * 9, url=url)
    display, features, settings = made["display_information"], made["features"], made["settings"]
    assert len(display["name"]) <= 35
    assert 1 <= len(display["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) == 4
    for shortcut in features["shortcuts"]:
        assert set(shortcut) == {"name", "type", "callback_id", "description"}
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    (command,) = features["slash_commands"]
    assert len(command["command"]) <= 32
    assert len(set(settings["event_subscriptions"]["bot_events"])) == len(EVENTS)
    assert set(made) == {"display_information", "features", "oauth_config", "settings"}
    assert set(features) == {"app_home", "bot_user", "agent_view", "slash_commands", "shortcuts"}
    assert "assistant_view" not in features


def test_with_an_address_slack_sends_requests_there_instead_of_sockets() -> None:
    by_socket, by_http = manifest("Harbor", "About."), manifest("Harbor", "About.", url="https://bot.example/")
    assert by_socket["settings"]["socket_mode_enabled"]
    assert "request_url" not in by_socket["settings"]["event_subscriptions"]
    settings = by_http["settings"]
    assert not settings["socket_mode_enabled"]
    assert settings["event_subscriptions"]["request_url"] == "https://bot.example/slack/events"
    assert settings["interactivity"]["request_url"] == "https://bot.example/slack/events"
    assert by_http["features"]["slash_commands"][0]["url"] == "https://bot.example/slack/events"
    assert by_http["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]


def test_it_has_only_the_keys_that_slack_knows_at_their_places() -> None:
    made = manifest("Harbor", "", url="https://bot.example/")
    assert set(made["display_information"]) == {"name", "description", "background_color"}
    assert made["display_information"]["description"] == "Harbor"  # Slack takes no empty one
    assert set(made["features"]["app_home"]) == {
        "home_tab_enabled",
        "messages_tab_enabled",
        "messages_tab_read_only_enabled",
    }
    assert set(made["features"]["bot_user"]) == {"display_name", "always_online"}
    assert set(made["features"]["agent_view"]) == {"agent_description", "suggested_prompts"}
    assert all(set(prompt) == {"title", "message"} for prompt in made["features"]["agent_view"]["suggested_prompts"])
    assert set(made["features"]["slash_commands"][0]) == {
        "command",
        "url",
        "description",
        "usage_hint",
        "should_escape",
    }
    assert set(made["oauth_config"]) == {"redirect_urls", "scopes"}
    assert set(made["oauth_config"]["scopes"]) == {"bot", "bot_optional"}
    assert set(made["settings"]) == {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }
