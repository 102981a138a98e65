"""The emulated Slack refuses what Slack refuses, seen with the real slack_sdk over real sockets."""

from __future__ import annotations

import time
import urllib.request

import pytest
from slack_sdk import WebClient

from tests.emulators.slack import Json, SlackEmulator
from tests.emulators.slack_samples import MANIFEST, refused, section

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")


def test_only_the_right_kind_of_valid_token_gets_in(slack: SlackEmulator, client: WebClient) -> None:
    refused("not_authed", WebClient("", base_url=slack.api_url).auth_test)
    refused("invalid_auth", WebClient("xoxb-no", base_url=slack.api_url).auth_test)
    refused("not_allowed_token_type", WebClient(slack.app_token, base_url=slack.api_url).auth_test)
    refused("not_allowed_token_type", client.apps_connections_open, app_token=slack.bot_token)
    refused("unknown_method", client.api_call, api_method="chat.shout")
    assert client.auth_test()["user_id"] == slack.bot_user
    slack.expire_token(slack.bot_token)
    refused("token_expired", client.auth_test)


def test_a_revoked_token_is_gone(client: WebClient) -> None:
    assert client.auth_revoke()["revoked"]
    refused("invalid_auth", client.auth_test)


def test_a_message_must_have_a_place_and_something_to_say(client: WebClient) -> None:
    post = client.chat_postMessage
    refused("channel_not_found", post, channel="C404", text="x")
    refused("thread_not_found", post, channel="C1", text="x", thread_ts="1.1")
    refused("no_text", post, channel="C1")
    refused("markdown_text_conflict", post, channel="C1", text="x", markdown_text="y")
    refused("msg_too_long", post, channel="C1", markdown_text="y" * 12_001)
    refused("invalid_metadata_format", post, channel="C1", text="x", metadata={"event_type": "a"})
    refused("user_not_in_channel", client.chat_postEphemeral, channel="DU1", user="U2", text="x")
    assert post(channel="U1", text="to the direct messages")["channel"] == "DU1"


def test_the_bot_writes_only_where_it_may(slack: SlackEmulator, client: WebClient) -> None:
    slack.add_channel("C3", "elsewhere", members=["U1"])
    slack.add_channel("G2", "hidden", kind="group", members=["U1"])
    refused("channel_not_found", client.chat_postMessage, channel="G2", text="x")
    refused("not_in_channel", client.conversations_history, channel="C3")
    assert client.chat_postMessage(channel="C3", text="everything is granted, chat:write.public too")["ok"]
    slack.scopes = {"chat:write"}
    refused("not_in_channel", client.chat_postMessage, channel="C3", text="x")


def test_only_own_messages_change_and_within_the_limit(slack: SlackEmulator, client: WebClient, question: str) -> None:
    refused("cant_update_message", client.chat_update, channel="C1", ts=question, text="x")
    refused("cant_delete_message", client.chat_delete, channel="C1", ts=question)
    refused("message_not_found", client.chat_update, channel="C1", ts="1.1", text="x")
    own = client.chat_postMessage(channel="C1", text="mine", thread_ts=question)["ts"]
    refused("msg_too_long", client.chat_update, channel="C1", ts=own, text="x" * 4001)
    client.chat_update(channel="C1", ts=own, text="changed")
    assert slack.message("C1", own)["text"] == "changed"
    client.chat_delete(channel="C1", ts=own)
    assert slack.bot_messages("C1") == []


def test_mass_mentions_are_seen_except_in_code(slack: SlackEmulator, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="<!here> `<!channel>` ```<!everyone>```")["ts"]
    client.chat_postMessage(channel="C1", text="x", blocks=[section(1), {"type": "markdown", "text": "<!channel>"}])
    assert slack.pings[0] == (ts, "here")
    assert [who for _, who in slack.pings] == ["here", "channel"]


def test_what_slack_takes_but_a_good_bot_does_not_do_is_noted(
    slack: SlackEmulator, client: WebClient, question: str
) -> None:
    client.chat_postMessage(channel="C1", text="x" * 40_001)
    client.chat_postMessage(channel="C1", blocks=[section(1)])
    reply = client.chat_postMessage(channel="C1", text="x", thread_ts=question)["ts"]
    client.chat_postMessage(channel="C1", text="x", thread_ts=reply)
    truncated, long, without_text, not_the_parent = slack.violations
    assert "truncates" in truncated
    assert "over 4000" in long
    assert "without a text fallback" in without_text
    assert "not its parent's" in not_the_parent
    assert len(slack.messages["C1"][1]["text"]) == 40_000


def test_a_stream_has_a_reader_a_mode_and_a_size(slack: SlackEmulator, client: WebClient, question: str) -> None:
    start, append = client.chat_startStream, client.chat_appendStream
    chunk = {"type": "markdown_text", "text": "b"}
    refused("missing_recipient_team_id", start, channel="C1", thread_ts=question)
    refused("missing_recipient_user_id", start, channel="C1", thread_ts=question, recipient_team_id="T1")
    reader: Json = {"recipient_team_id": "T1", "recipient_user_id": "U1"}
    ts = start(channel="C1", thread_ts=question, markdown_text="a", **reader)["ts"]
    refused("streaming_mode_mismatch", append, channel="C1", ts=ts, chunks=[chunk])
    both = {"markdown_text": "a", "chunks": [chunk]}
    refused("cannot_provide_both_markdown_text_and_chunks", append, channel="C1", ts=ts, **both)
    refused("no_text", append, channel="C1", ts=ts, markdown_text="")
    refused("msg_too_long", append, channel="C1", ts=ts, markdown_text="é" * 6000)
    refused("streaming_state_conflict", client.chat_update, channel="C1", ts=ts, text="x")
    refused("message_not_owned_by_app", append, channel="C1", ts=question, markdown_text="x")
    client.chat_stopStream(channel="C1", ts=ts, markdown_text="b", blocks=[section(1)])
    refused("message_not_in_streaming_state", client.chat_stopStream, channel="C1", ts=ts)
    assert slack.message("C1", ts)["text"] == "ab"
    in_chunks = start(channel="DU1", thread_ts=slack.user_says("DU1", "U1", "hi")["ts"], chunks=[chunk])["ts"]
    refused("invalid_chunks", append, channel="DU1", ts=in_chunks, chunks=[{"type": "video"}])


def test_an_old_stream_is_dead_but_its_message_can_be_finished(slack: SlackEmulator, client: WebClient) -> None:
    asked = slack.user_says("DU1", "U1", "hi")["ts"]
    ts = client.chat_startStream(channel="DU1", thread_ts=asked, markdown_text="a")["ts"]
    slack.rules.stream_lifetime = 0.0
    refused("message_not_in_streaming_state", client.chat_appendStream, channel="DU1", ts=ts, markdown_text="late")
    assert client.chat_update(channel="DU1", ts=ts, text="recovered")["ok"]


def test_files_need_a_token_and_arrive_whole(slack: SlackEmulator, client: WebClient, question: str) -> None:
    file = slack.add_file("pairs.jsonl", b"{}\n")
    url = client.files_info(file=file["id"])["file"]["url_private_download"]
    allowed = urllib.request.Request(url, headers={"Authorization": f"Bearer {slack.bot_token}"})
    with urllib.request.urlopen(url) as login, urllib.request.urlopen(allowed) as download:
        assert b"Sign in to Slack" in login.read()  # with status 200, as on Slack
        assert download.read() == b"{}\n"
    uploaded = client.files_upload_v2(channel="C1", filename="report.jsonl", content="{}", thread_ts=question)
    assert slack.files[uploaded["file"]["id"]]["data"] == b"{}"
    promised = client.files_getUploadURLExternal(filename="lost.jsonl", length=3)["file_id"]
    refused("file_not_found", client.files_completeUploadExternal, files=[{"id": promised}])
    refused("file_not_found", client.files_info, file="F404")


def test_history_comes_in_pages_and_keeps_metadata_to_itself(
    slack: SlackEmulator, client: WebClient, question: str
) -> None:
    about = {"event_type": "reply", "event_payload": {"run": "7"}}
    for _ in range(2):
        client.chat_postMessage(channel="C1", text="x", thread_ts=question, metadata=about)
    page = client.conversations_replies(channel="C1", ts=question, limit=2)
    assert page["has_more"]
    assert "metadata" not in page["messages"][1]
    cursor = page["response_metadata"]["next_cursor"]
    rest = client.conversations_replies(channel="C1", ts=question, cursor=cursor, include_all_metadata=True)
    assert [message.get("metadata") for message in rest["messages"]] == [about]
    refused("thread_not_found", client.conversations_replies, channel="C1", ts="1.1")


def test_rates_are_noted_and_refused_when_enforced(slack: SlackEmulator, client: WebClient, question: str) -> None:
    for _ in range(51):
        client.reactions_get(channel="C1", timestamp=question)
    assert slack.rate_violations == ["reactions.get: more than 50 in 60 s"]
    slack.enforce_rates = True
    response = refused("ratelimited", client.reactions_get, channel="C1", timestamp=question)
    assert response.status_code == 429
    assert 50 <= int(response.headers["Retry-After"]) <= 60
    for _ in range(10):
        client.chat_postMessage(channel="C1", text="x")
    refused("ratelimited", client.chat_postMessage, channel="C1", text="x")
    assert client.chat_postMessage(channel="C2", text="each channel has its own limit")["ok"]


def test_a_distributed_app_reads_one_short_page_a_minute(slack: SlackEmulator, client: WebClient) -> None:
    slack.rules.distributed = slack.rules.enforce_rates = True
    for _ in range(16):
        slack.user_says("C1", "U1", "hi", deliver=False)
    assert len(client.conversations_history(channel="C1", limit=100)["messages"]) == 15
    refused("ratelimited", client.conversations_history, channel="C1")


def test_arranged_faults_strike_once_each(slack: SlackEmulator, client: WebClient) -> None:
    slack.fail_next("auth.test", times=2)
    slack.fail_next("auth.test", status=429, retry_after=7)
    for _ in range(2):
        refused("internal_error", client.auth_test)
    assert refused("ratelimited", client.auth_test).headers["Retry-After"] == "7"
    slack.fail_next("auth.test", "", delay=0.1)
    started = time.monotonic()
    assert client.auth_test()["ok"]
    assert time.monotonic() - started >= 0.1
    assert [call.ok for call in slack.calls("auth.test")] == [False, False, False, True]


@pytest.mark.parametrize(
    ("scopes", "events", "heard"),
    [
        ({"channels:history"}, {"message.channels"}, 1),
        ({"groups:history"}, {"message.channels"}, 0),
        ({"channels:history"}, {"message.groups"}, 0),
    ],
    ids=["both", "another scope", "another event"],
)
def test_a_message_is_heard_with_its_scope_and_its_subscription(
    slack: SlackEmulator, scopes: set[str], events: set[str], heard: int
) -> None:
    slack.scopes, slack.bot_events = scopes, events
    slack.user_says("C1", "U1", "hi")
    assert len(slack.envelopes) == heard


def test_the_bot_hears_its_own_messages_unless_told_otherwise(slack: SlackEmulator, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="mine")["ts"]
    client.chat_update(channel="C1", ts=ts, text="changed")
    heard = [envelope.payload["event"] for envelope in slack.envelopes]
    assert [event.get("subtype") for event in heard] == [None, "message_changed"]
    assert heard[0]["bot_id"] == slack.bot_id
    slack.rules.echo_own = False
    client.chat_postMessage(channel="C1", text="unheard")
    assert len(slack.envelopes) == 2


def test_a_manifest_grants_what_it_names_and_nothing_else(
    slack: SlackEmulator, client: WebClient, question: str
) -> None:
    slack.apply_manifest(MANIFEST)
    slack.envelopes.clear()
    slack.user_says("C1", "U1", f"<@{slack.bot_user}> hi")
    assert [envelope.payload["event"]["type"] for envelope in slack.envelopes] == ["app_mention"]
    response = refused("missing_scope", client.conversations_replies, channel="C1", ts=question)
    assert response["needed"] == "channels:history"
    refused("missing_scope", client.reactions_add, channel="C1", timestamp=question, name="eyes")
    refused("not_enabled", client.views_publish, user_id="U1", view={"type": "home", "blocks": []})
    refused("socket_mode_not_enabled", client.apps_connections_open, app_token=slack.app_token)
    slack.scopes = {"assistant:write"}
    prompts = [{"title": "a", "message": "b"}]
    refused("not_agent_app", client.assistant_threads_setSuggestedPrompts, channel_id="DU1", prompts=prompts)


def test_status_prompts_and_sessions_have_their_own_rules(
    slack: SlackEmulator, client: WebClient, question: str
) -> None:
    set_status = client.assistant_threads_setStatus
    thread: Json = {"channel_id": "C1", "thread_ts": question}
    refused("invalid_thread_ts", set_status, channel_id="C1", thread_ts="1.1", status="is thinking…")
    refused("invalid_arguments", set_status, **thread, status="…", loading_messages=["…"] * 11)
    set_status(**thread, status="is thinking…")
    assert slack.statuses == {("C1", question): "is thinking…"}
    client.chat_postMessage(channel="C1", text="done", thread_ts=question)
    assert slack.statuses == {}
    for prompts in ([], [{"title": "a"}], [{"title": "a", "message": "b"}] * 5):
        refused("invalid_arguments", client.assistant_threads_setSuggestedPrompts, channel_id="DU1", prompts=prompts)
    session = {"api_method": "agents.sessions.setStatus"}
    refused("invalid_status", client.api_call, **session, json=thread | {"status": "happy"})
    refused("thread_ts_required", client.api_call, **session, json={"channel_id": "C1", "status": "active"})


def test_reactions_are_given_once(client: WebClient, question: str) -> None:
    eyes: Json = {"channel": "C1", "timestamp": question, "name": "eyes"}
    refused("no_reaction", client.reactions_remove, **eyes)
    client.reactions_add(**eyes)
    refused("already_reacted", client.reactions_add, **eyes)
    refused("message_not_found", client.reactions_get, channel="C1", timestamp="1.1")


def test_a_code_installs_once_and_a_refresh_token_must_be_ours(slack: SlackEmulator) -> None:
    client = WebClient("", base_url=slack.api_url)
    exchange: Json = {"client_id": "1", "client_secret": "2"}
    refresh = exchange | {"grant_type": "refresh_token"}
    slack.add_team("T2")
    code = slack.oauth_code("T2")
    token = client.oauth_v2_access(**exchange, code=code)["access_token"]
    assert WebClient(token, base_url=slack.api_url).auth_test()["team_id"] == "T2"
    refused("invalid_code", client.oauth_v2_access, **exchange, code=code)
    refused("invalid_refresh_token", client.oauth_v2_access, **refresh, refresh_token="xoxe-1-forged")
    refused("invalid_refresh_token", client.oauth_v2_access, **refresh)
    rotated = client.oauth_v2_access(**refresh, refresh_token=slack.tokens[token]["refresh"])
    assert rotated["expires_in"] == 43_200
    assert slack.tokens[rotated["access_token"]]["team"] == "T2"
