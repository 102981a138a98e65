"""The emulated Slack shows only the blocks and views that Slack shows, and people press only what is there."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from tests.emulators.slack import Json, SlackEmulator
from tests.emulators.slack_samples import (
    MANIFEST,
    button,
    feedback,
    modal,
    plain,
    question_form,
    refused,
    section,
    trigger,
)

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")


BAD_BLOCKS: dict[str, list[Json]] = {
    "too many": [section(1)] * 51,
    "long section": [section(3001)],
    "empty section": [{"type": "section"}],
    "long field": [{"type": "section", "fields": [plain("x" * 2001)]}],
    "long markdown": [{"type": "markdown", "text": "x" * 12_001}],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "crowded context": [{"type": "context", "elements": [plain("x")] * 11}],
    "crowded feedback": [{"type": "context_actions", "elements": [feedback(action_id=f"f{n}") for n in range(6)]}],
    "crowded actions": [{"type": "actions", "elements": [button(action_id=f"a{n}") for n in range(26)]}],
    "no actions": [{"type": "actions", "elements": []}],
    "no type": [{"text": plain("x")}],
    "long block id": [section(1) | {"block_id": "b" * 256}],
    "long button": [{"type": "actions", "elements": [button(text=plain("x" * 76))]}],
    "long value": [{"type": "actions", "elements": [button(value="x" * 2001)]}],
    "long action id": [section(1) | {"accessory": button(action_id="a" * 256)}],
    "twice the same action": [{"type": "actions", "elements": [button(), button()]}],
    "thumb without value": [{"type": "context_actions", "elements": [feedback(negative_button={"text": plain("x")})]}],
    "unlabelled input": [{"type": "input", "element": {"type": "plain_text_input", "action_id": "a"}}],
}


@pytest.mark.parametrize("blocks", BAD_BLOCKS.values(), ids=BAD_BLOCKS.keys())
def test_blocks_beyond_the_limits_are_refused(client: WebClient, blocks: list[Json]) -> None:
    response = refused("invalid_blocks", client.chat_postMessage, channel="C1", text="x", blocks=blocks)
    assert response["response_metadata"]["messages"]


def test_markdown_blocks_have_a_common_limit_and_no_place_in_views(slack: SlackEmulator, client: WebClient) -> None:
    markdown = {"type": "markdown", "text": "x" * 7000}
    refused("msg_blocks_too_long", client.chat_postMessage, channel="C1", text="x", blocks=[markdown] * 2)
    refused("invalid_blocks_format", client.chat_postMessage, channel="C1", text="x", blocks="blocks")
    refused("invalid_arguments", client.views_open, trigger_id=trigger(slack), view=modal(markdown))


def test_a_trigger_opens_one_view_and_only_at_once(slack: SlackEmulator, client: WebClient) -> None:
    spent = trigger(slack)
    long_title = modal(title=plain("t" * 25))
    refused("invalid_trigger_id", client.views_open, trigger_id="1.2.3", view=modal())
    refused("invalid_arguments", client.views_open, trigger_id=spent, view=long_title)
    refused("exchanged_trigger_id", client.views_open, trigger_id=spent, view=modal())
    late = trigger(slack)
    slack.rules.trigger_lifetime = 0.0
    refused("expired_trigger_id", client.views_open, trigger_id=late, view=modal())


BAD_VIEWS: dict[str, Json] = {
    "another type": modal(type="home"),
    "no title": {"type": "modal", "blocks": [section(1)]},
    "long submit": modal(submit=plain("s" * 25)),
    "long metadata": modal(private_metadata="x" * 3001),
    "too many blocks": modal(*[section(1)] * 101),
    "input without submit": modal(*question_form()["blocks"]),
    "long initial value": question_form(initial_value="x" * 3001),
    "initial value over its own limit": question_form(initial_value="xx", max_length=1),
    "feedback buttons": modal({"type": "context_actions", "elements": [feedback()]}),
}


@pytest.mark.parametrize("view", BAD_VIEWS.values(), ids=BAD_VIEWS.keys())
def test_views_beyond_the_limits_are_refused(slack: SlackEmulator, client: WebClient, view: Json) -> None:
    refused("invalid_arguments", client.views_open, trigger_id=trigger(slack), view=view)


def test_views_are_small_three_deep_and_guarded_by_a_hash(slack: SlackEmulator, client: WebClient) -> None:
    huge = modal(*[section(3000)] * 90)
    refused("view_too_large", client.views_open, trigger_id=trigger(slack), view=huge)
    first = client.views_open(trigger_id=trigger(slack), view=modal())["view"]
    for _ in range(2):
        client.views_push(trigger_id=trigger(slack), view=modal())
    refused("push_limit_reached", client.views_push, trigger_id=trigger(slack), view=modal())
    refused("hash_conflict", client.views_update, view_id=first["id"], hash="old", view=modal())
    refused("not_found", client.views_update, view_id="V404", view=modal())
    updated = client.views_update(view_id=first["id"], hash=first["hash"], view=modal(section(7)))["view"]
    assert slack.views[first["id"]]["hash"] == updated["hash"] != first["hash"]


def test_a_person_cannot_fill_or_press_what_is_not_there(slack: SlackEmulator, client: WebClient) -> None:
    form = question_form(min_length=2, max_length=5)
    view = client.views_open(trigger_id=trigger(slack), view=form)["view"]["id"]
    for values in ({"answer": ""}, {"answer": "x"}, {"answer": "x" * 6}, {"answer": "xx", "nope": "x"}):
        with pytest.raises(AssertionError):
            slack.submit_view(view, "U1", values)
    blocks = [{"type": "context_actions", "elements": [feedback()]}, {"type": "actions", "elements": [button()]}]
    ts = client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
    for action, value in (("nope", None), ("feedback", "meh"), ("a", "no such value")):
        with pytest.raises(AssertionError):
            slack.click("C1", ts, "U1", action, value=value)
    assert slack.click("C1", ts, "U1", "feedback", value="negative").payload["actions"][0]["value"] == "negative"


def test_a_person_sees_an_error_when_no_app_is_connected(slack: SlackEmulator, client: WebClient) -> None:
    view = client.views_open(trigger_id=trigger(slack), view=question_form())["view"]["id"]
    assert slack.submit_view(view, "U1", {"answer": "x"}) is None
    assert slack.user_errors == ["/tune failed: app not connected", "view_submission failed: app not connected"]


def test_a_person_finds_only_the_commands_and_shortcuts_of_the_manifest(slack: SlackEmulator, question: str) -> None:
    slack.apply_manifest(MANIFEST)
    slack.slash("/tune", "", "U1", "C1")
    slack.global_shortcut("new", "U1")
    with pytest.raises(AssertionError, match="not a valid command"):
        slack.slash("/other", "", "U1", "C1")
    with pytest.raises(AssertionError, match="not in the manifest"):
        slack.message_shortcut("new", "U1", "C1", question)
    with pytest.raises(AssertionError, match="not in the manifest"):
        slack.global_shortcut("old", "U1")


def test_a_response_url_answers_five_times_within_the_limits(slack: SlackEmulator) -> None:
    respond = WebhookClient(slack.slash("/tune", "", "U1", "C1").payload["response_url"]).send
    assert respond(text="x", blocks=[section(3001)]).status_code == 400
    assert [respond(text="x").status_code for _ in range(5)] == [200, 200, 200, 200, 404]
    assert [call.ok for call in slack.calls("response_url")] == [False, True, True, True, True, False]
    assert [message["for_user"] for message in slack.ephemerals] == ["U1"] * 4
    assert WebhookClient(slack.api_url.replace("/api/", "/response/forged")).send(text="x").status_code == 404
