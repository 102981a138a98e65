"""The emulated Discord refuses what the real one refuses, so that a bot that passes means something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import discord
import pytest

from tests.emulators.discord import BOT_PERMISSIONS, DiscordEmulator, Interaction, NotOfferedError, Permission
from tests.emulators.sample_discord_bot import Client, running

Json = dict[str, Any]
Ask = Callable[..., Any]
V2 = 1 << 15
CALLBACK = "/interactions/{0.id}/{0.token}/callback"


@pytest.fixture(scope="module")
def disc() -> Iterator[DiscordEmulator]:
    """Its rate limits are off: here one message after another is refused."""
    with DiscordEmulator(limits=False) as emulator:
        yield emulator
        assert emulator.emulator_errors == []


@pytest.fixture(scope="module")
def sdk(disc: DiscordEmulator) -> Iterator[Client]:
    with running(Client(discord.Intents(guilds=True)), disc) as client:
        yield client


@pytest.fixture
def ask(sdk: Client) -> Ask:
    """Send any request with discord.py, past what its own classes would check."""

    def request(method: str, path: str, body: Any = None) -> Any:
        given = {} if body is None else {"json": body}
        work = sdk.http.request(discord.http.Route(method, path), **given)
        return asyncio.run_coroutine_threadsafe(work, sdk.loop).result(10)

    return request


@contextmanager
def refused(status: int, code: int) -> Iterator[None]:
    with pytest.raises(discord.HTTPException) as caught:
        yield
    assert (caught.value.status, caught.value.code) == (status, code)


@pytest.fixture
def channel(disc: DiscordEmulator) -> str:
    """A channel of its own for every test."""
    return disc.add_channel("fresh", "fresh")


def button(custom_id: str = "go", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "go", "custom_id": custom_id} | more


def row(*buttons: Json) -> Json:
    return {"type": 1, "components": list(buttons)}


TOO_MUCH: dict[str, Json] = {
    "content over 2,000": {"content": "x" * 2001},
    "an embed over 4,096": {"embeds": [{"description": "x" * 4097}]},
    "embeds over 6,000 in all": {"embeds": [{"description": "x" * 3001}] * 2},
    "eleven embeds": {"embeds": [{"title": "x"}] * 11},
    "six rows": {"content": "x", "components": [row(button(f"b{n}")) for n in range(6)]},
    "six buttons in a row": {"content": "x", "components": [row(*[button(f"b{n}") for n in range(6)])]},
    "an empty row": {"content": "x", "components": [row()]},
    "one custom_id twice": {"content": "x", "components": [row(button("a"), button("a"))]},
    "no custom_id": {"content": "x", "components": [row(button(""))]},
    "a custom_id over 100": {"content": "x", "components": [row(button("a" * 101))]},
    "a label over 80": {"content": "x", "components": [row(button(label="x" * 81))]},
    "a v2 component without the flag": {"content": "x", "components": [{"type": 10, "content": "t"}]},
    "v2 with content": {"content": "x", "flags": V2, "components": [{"type": 10, "content": "t"}]},
    "v2 text over 4,000": {"flags": V2, "components": [{"type": 10, "content": "t" * 2001}] * 2},
    "41 v2 components": {"flags": V2, "components": [{"type": 10, "content": "t"}] * 41},
    "a reply to nothing": {"content": "x", "message_reference": {"message_id": "1"}},
}


@pytest.mark.parametrize("body", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_a_message_beyond_the_limits_is_refused(disc: DiscordEmulator, ask: Ask, channel: str, body: Json) -> None:
    with refused(400, 50035):
        ask("POST", f"/channels/{channel}/messages", body)
    assert disc.bot_messages(channel) == []


def test_the_limits_themselves_are_taken(ask: Ask, channel: str) -> None:
    messages = f"/channels/{channel}/messages"
    five = [row(*[button(f"b{n}", label="x" * 80) for n in range(5)])]
    assert ask("POST", messages, {"content": "x" * 2000, "components": five})["content"] == "x" * 2000
    v2 = ask("POST", messages, {"flags": V2, "components": [{"type": 10, "content": "t" * 4000}]})
    with refused(400, 50035):  # an edit cannot take the flag away
        ask("PATCH", f"{messages}/{v2['id']}", {"content": "x", "flags": 4, "components": []})
    with refused(400, 50006):
        ask("POST", messages, {"content": ""})


def test_a_nonce_that_is_enforced_makes_one_message(disc: DiscordEmulator, ask: Ask, channel: str) -> None:
    body = {"content": "report", "nonce": "run-7", "enforce_nonce": True}
    first, second = (ask("POST", f"/channels/{channel}/messages", body) for _ in range(2))
    assert first["id"] == second["id"]
    assert len(disc.bot_messages(channel)) == 1


def test_only_those_whom_a_message_may_reach_are_notified(disc: DiscordEmulator, ask: Ask, channel: str) -> None:
    team, closed, ann = disc.add_role("team", mentionable=True), disc.add_role("closed"), disc.id("ann")
    asked, messages = disc.user_says(channel, "ann", "hi"), f"/channels/{channel}/messages"
    text = f"@everyone @here <@{ann}> <@&{team}> <@&{closed}> `<@{disc.id('bob')}>`"

    def pings(**body: Any) -> set[str]:
        disc.pings.clear()
        ask("POST", messages, {"content": text} | body)
        return {whom for _, whom in disc.pings}

    assert pings() == {f"user:{ann}", f"role:{team}"}
    assert pings(allowed_mentions={"parse": []}) == set()
    assert pings(allowed_mentions={"parse": ["roles"], "users": [ann]}) == {f"user:{ann}", f"role:{team}"}
    reply = {"content": "to you", "message_reference": {"message_id": asked["id"]}}
    assert pings(**reply) == {f"user:{ann}"}
    assert pings(**reply, allowed_mentions={"parse": [], "replied_user": False}) == set()
    disc.bot_may(channel, BOT_PERMISSIONS | Permission.MENTION_EVERYONE)
    assert pings() == {"everyone", "here", f"user:{ann}", f"role:{team}", f"role:{closed}"}
    disc.pings.clear()


NEEDS: list[tuple[str, str, Json | None, Permission]] = [
    ("POST", "/messages", {"content": "x"}, Permission.SEND_MESSAGES),
    ("POST", "/typing", None, Permission.SEND_MESSAGES),
    ("GET", "/messages", None, Permission.READ_MESSAGE_HISTORY),
    ("GET", "/messages/{message}", None, Permission.READ_MESSAGE_HISTORY),
    ("PUT", "/messages/{message}/reactions/👍/@me", None, Permission.ADD_REACTIONS),
    ("POST", "/messages/{message}/threads", {"name": "t"}, Permission.CREATE_PUBLIC_THREADS),
    ("POST", "/threads", {"name": "t"}, Permission.CREATE_PUBLIC_THREADS),
]


@pytest.mark.parametrize(("method", "path", "body", "need"), NEEDS, ids=[f"{need[0]} {need[1]}" for need in NEEDS])
def test_every_request_needs_its_permission(
    disc: DiscordEmulator, ask: Ask, channel: str, method: str, path: str, body: Json | None, need: Permission
) -> None:
    where = f"/channels/{channel}" + path.format(message=disc.user_says(channel, "ann", "hers")["id"])
    disc.bot_may(channel, BOT_PERMISSIONS & ~need)
    with refused(403, 50013):
        ask(method, where, body)
    disc.bot_may(channel, 0)
    with refused(403, 50001):
        ask(method, where, body)
    disc.bot_may(channel, BOT_PERMISSIONS)
    ask(method, where, body)


def test_files_need_a_permission_of_their_own(disc: DiscordEmulator, sdk: Client, channel: str) -> None:
    def upload() -> discord.Message:
        work = sdk.get_partial_messageable(int(channel)).send(file=discord.File(__file__, "a.py"))
        return asyncio.run_coroutine_threadsafe(work, sdk.loop).result(10)

    assert upload().attachments[0].size > 0
    disc.bot_may(channel, BOT_PERMISSIONS & ~Permission.ATTACH_FILES)
    with refused(403, 50013):
        upload()


def test_other_peoples_messages_cannot_be_edited_and_hardly_deleted(
    disc: DiscordEmulator, ask: Ask, channel: str
) -> None:
    hers = f"/channels/{channel}/messages/{disc.user_says(channel, 'ann', 'hers')['id']}"
    with refused(403, 50005):
        ask("PATCH", hers, {"content": "x"})
    with refused(403, 50013):
        ask("DELETE", hers)
    disc.bot_may(channel, BOT_PERMISSIONS | Permission.MANAGE_MESSAGES)
    ask("DELETE", hers)
    with refused(404, 10008):
        ask("GET", hers)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/channels/1", None, 404, 10003),
        ("GET", "/users/1", None, 404, 10013),
        ("GET", "/guilds/1/members/1", None, 404, 10007),
        ("POST", "/users/@me/channels", {"recipient_id": 1}, 400, 50033),
        ("GET", "/guilds/1/audit-logs", None, 404, 0),
    ],
)
def test_what_is_not_there_is_not_found(
    ask: Ask, method: str, path: str, body: Json | None, status: int, code: int
) -> None:
    with refused(status, code):
        ask(method, path, body)


def test_a_message_has_one_thread_and_its_rules(disc: DiscordEmulator, ask: Ask, channel: str) -> None:
    message = disc.user_says(channel, "ann", "hers")
    threads = f"/channels/{channel}/messages/{message['id']}/threads"
    with refused(400, 50035):
        ask("POST", threads, {"name": "x" * 101})
    thread = ask("POST", threads, {"name": "t"})
    assert thread["id"] == message["id"]
    assert ask("GET", f"/channels/{thread['id']}/messages")[-1]["type"] == 21
    with refused(400, 160004):
        ask("POST", threads, {"name": "t"})
    with refused(400, 50024):
        ask("POST", f"/channels/{disc.id('Dann')}/threads", {"name": "t"})
    disc.bot_may(thread["id"], BOT_PERMISSIONS & ~Permission.SEND_MESSAGES_IN_THREADS)
    with refused(403, 50013):
        ask("POST", f"/channels/{thread['id']}/messages", {"content": "x"})
    disc.bot_may(thread["id"], BOT_PERMISSIONS)
    ask("PATCH", f"/channels/{thread['id']}", {"locked": True})
    with refused(400, 160005):
        ask("POST", f"/channels/{thread['id']}/messages", {"content": "x"})


def command(**more: Any) -> Json:
    return {"type": 1, "name": "ask", "description": "Ask"} | more


def option(**more: Any) -> Json:
    return {"type": 3, "name": "run", "description": "Run"} | more


CHOICES = [{"name": str(n), "value": str(n)} for n in range(26)]
BAD_COMMANDS: dict[str, tuple[list[Json], int]] = {
    "101 slash commands": ([command(name=f"c{n}") for n in range(101)], 30032),
    "16 message menus": ([{"type": 3, "name": f"Menu {n}"} for n in range(16)], 30032),
    "capitals": ([command(name="Ask")], 50035),
    "a space": ([command(name="ask me")], 50035),
    "no description": ([command(description="")], 50035),
    "a menu over 32": ([{"type": 3, "name": "x" * 33}], 50035),
    "26 options": ([command(options=[option(name=f"o{n}") for n in range(26)])], 50035),
    "26 choices": ([command(options=[option(choices=CHOICES)])], 50035),
    "an option's description over 100": ([command(options=[option(description="x" * 101)])], 50035),
    "26 choices in a subcommand": ([command(options=[option(type=1, options=[option(choices=CHOICES)])])], 50035),
}


@pytest.mark.parametrize(("given", "code"), BAD_COMMANDS.values(), ids=BAD_COMMANDS.keys())
def test_improper_commands_are_not_synced(disc: DiscordEmulator, ask: Ask, given: list[Json], code: int) -> None:
    with refused(400, code):
        ask("PUT", f"/applications/{disc.app_id}/commands", given)
    assert disc.commands == {}


@pytest.fixture
def pressed(disc: DiscordEmulator, ask: Ask, channel: str) -> Interaction:
    """A button that ann pressed just now."""
    message = ask("POST", f"/channels/{channel}/messages", {"content": "x", "components": [row(button())]})
    return disc.click(message, "ann", custom_id="go")


FIELD = {"type": 18, "label": "Text", "component": {"type": 4, "custom_id": "text", "style": 2, "max_length": 9}}
LONG_VALUE = {"type": 18, "label": "Text", "component": {"type": 4, "custom_id": "t", "style": 2, "value": "x" * 4001}}
MODAL = {"title": "Better", "custom_id": "m", "components": [FIELD]}
BAD_ANSWERS: dict[str, Json] = {
    "a title over 45": {"type": 9, "data": MODAL | {"title": "x" * 46}},
    "a modal's custom_id over 100": {"type": 9, "data": MODAL | {"custom_id": "x" * 101}},
    "six components": {"type": 9, "data": MODAL | {"components": [FIELD] * 6}},
    "no components": {"type": 9, "data": MODAL | {"components": []}},
    "a button in a modal": {"type": 9, "data": MODAL | {"components": [button()]}},
    "a label over 45": {"type": 9, "data": MODAL | {"components": [FIELD | {"label": "x" * 46}]}},
    "a prefilled text over 4,000": {"type": 9, "data": MODAL | {"components": [LONG_VALUE]}},
    "a message over 2,000": {"type": 4, "data": {"content": "x" * 2001}},
    "an update over 2,000": {"type": 7, "data": {"content": "x" * 2001}},
    "choices for a button": {"type": 8, "data": {"choices": []}},
    "an unknown type": {"type": 99},
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_an_improper_answer_is_refused_and_leaves_the_interaction_open(
    ask: Ask, pressed: Interaction, answer: Json
) -> None:
    with refused(400, 50035):
        ask("POST", CALLBACK.format(pressed), answer)
    ask("POST", CALLBACK.format(pressed), {"type": 6})
    assert pressed.answer == {"type": 6}


def test_an_interaction_is_answered_once_and_followed_up_only_then(
    disc: DiscordEmulator, ask: Ask, pressed: Interaction
) -> None:
    webhook = f"/webhooks/{disc.app_id}/{pressed.token}"
    with refused(404, 10015):
        ask("POST", webhook, {"content": "too early"})
    ask("POST", CALLBACK.format(pressed), {"type": 5, "data": {"flags": 64}})
    with refused(400, 40060):
        ask("POST", CALLBACK.format(pressed), {"type": 4, "data": {"content": "twice"}})
    assert disc.ephemerals[-1]["content"] == ""
    ask("PATCH", f"{webhook}/messages/@original", {"content": "done"})
    assert disc.wait_private("ann")["content"] == "done"
    ask("POST", webhook, {"content": "and more"})
    ask("DELETE", f"{webhook}/messages/@original")
    with refused(404, 10008):
        ask("GET", f"{webhook}/messages/@original")
    disc.ephemerals.clear()


def test_an_expired_token_and_a_late_answer_are_refused(disc: DiscordEmulator, ask: Ask, pressed: Interaction) -> None:
    with refused(401, 50027):
        ask("POST", f"/webhooks/{disc.app_id}/unknown", {"content": "x"})
    ask("POST", CALLBACK.format(pressed), {"type": 6})
    disc.rules.token_lifetime = 0
    with refused(401, 50027):
        ask("POST", f"/webhooks/{disc.app_id}/{pressed.token}", {"content": "x"})
    disc.rules.token_lifetime, disc.rules.deadline = 900, 0.1
    late = disc.click(disc.message(pressed.original or ""), "ann", label="go")
    disc.wait_for(lambda: disc.user_errors)
    with refused(404, 10062):
        ask("POST", CALLBACK.format(late), {"type": 6})
    disc.rules.deadline = 3


def test_a_person_fills_a_modal_only_as_it_allows(disc: DiscordEmulator, ask: Ask, pressed: Interaction) -> None:
    with pytest.raises(NotOfferedError, match="no open modal"):
        disc.submit_modal("ann", {"text": "x"})
    ask("POST", CALLBACK.format(pressed), {"type": 9, "data": MODAL})
    for values, why in [({}, "required"), ({"text": "x" * 10}, "refuses 10 characters"), ({"Nope": "x"}, "no fields")]:
        with pytest.raises(NotOfferedError, match=why):
            disc.submit_modal("ann", {"Text": "fine"} | values if "Nope" in values else values)
    submitted = disc.submit_modal("ann", {"Text": "fine"})
    with refused(400, 50035):
        ask("POST", CALLBACK.format(submitted), {"type": 9, "data": MODAL})


def test_a_person_presses_only_what_is_shown_to_them(disc: DiscordEmulator, ask: Ask, pressed: Interaction) -> None:
    private = {
        "content": "x",
        "flags": 64,
        "components": [row(button("mine"), button("off", label="off", disabled=True))],
    }
    ask("POST", CALLBACK.format(pressed), {"type": 4, "data": private})
    shown = disc.wait_private("ann")
    with pytest.raises(NotOfferedError, match="does not see"):
        disc.click(shown, "bob", custom_id="mine")
    with pytest.raises(NotOfferedError, match="is disabled"):
        disc.click(shown, "ann", label="off")
    with pytest.raises(NotOfferedError, match="nothing to press"):
        disc.click(shown, "ann", label="👎")
    again = disc.click(shown, "ann", custom_id="mine")
    ask("POST", CALLBACK.format(again), {"type": 7, "data": {"content": "done", "components": []}})
    assert disc.wait_private("ann")["content"] == "done"


def test_rate_limits_are_announced_and_enforced() -> None:
    async def story(disc: DiscordEmulator) -> None:
        message = disc.user_says("C1", "ann", "x")
        where = int(message["channel_id"]), int(message["id"])
        async with Client() as patient, Client() as stranger:
            await patient.login(disc.token)
            await stranger.login(disc.token)
            await patient.http.add_reaction(*where, "👍")
            await patient.http.add_reaction(*where, "👎")  # discord.py waited by the headers of the first
            assert disc.rate_hits == []
            # The other client does not know how much this one has left: one is refused, waits, and tries again.
            while not disc.rate_hits:
                await asyncio.gather(*(client.http.add_reaction(*where, "👀") for client in (patient, stranger)))

    with DiscordEmulator() as disc, disc.patch():
        asyncio.run(asyncio.wait_for(story(disc), 20))
        first, second, *_, refused_call, last = disc.calls("PUT")
        assert second.at - first.at >= 0.24
        assert (refused_call.status, last.status) == (429, 204)
        assert refused_call.response["retry_after"] <= 0.25
        assert disc.rate_hits == ["PUT /channels/{}/messages/{}/reactions/{}/@me"]
