"""A strict local Discord for tests: REST v10, the gateway and interactions on 127.0.0.1, for the real discord.py.

A program is told where it is in one of three ways:

* Its settings. Give it `emulator.settings()` as environment: DISCORD_TOKEN, DISCORD_API_URL (such as
  `http://127.0.0.1:5000/api/v10`) and DISCORD_GATEWAY_URL (`ws://127.0.0.1:5000/gateway/`). The program hands the two
  addresses to discord.py before it makes a client; a plain Client never asks for the gateway's address, and op 9 leads
  back to the default, so both are needed:

      discord.http.Route.BASE = api_url
      discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)

* Within a test's own process, `with emulator.patch():` does just that, and undoes it.
* A program without such settings, in another process, runs with `os.environ | emulator.env(folder)`.

A test lets people act, and looks at what the bot made of it:

    with DiscordEmulator() as disc, disc.patch():
        ...start the bot with disc.token, in a thread or a process...
        disc.wait_ready()
        asked = disc.user_says("C1", "ann", f"<@{disc.bot_id}> hello")  # names of the world work as ids everywhere
        reply = disc.wait_reply("C1")
        disc.click(reply, "ann", label="👎")                            # only what ann can see
        disc.wait_modal("ann")
        disc.submit_modal("ann", {"Better answer": "text"})
        disc.slash("ann", "C1", "tune status")
        disc.context_menu("ann", "Submit as training example", asked)
        disc.drop(), disc.drop(4009), disc.ask_reconnect(), disc.invalidate()
        disc.fail_next("POST", "/channels/{}/messages", status=429, retry_after=0.3)
        assert not (disc.user_errors or disc.pings or disc.rate_hits or disc.emulator_errors)

A client made with `guild_ready_timeout=0.2` starts faster than with its two seconds.

It is strict about the token, privileged intents (close 4014) and what MESSAGE_CONTENT hides, resuming with replay by
sequence number, op 7 and 9, the limits of messages, components and modals, the deadline of interactions (10062), double
answers (40060), expired tokens (50027), synced commands and their default member permissions, the bot's permissions in
each channel (50013, 50001), whom a message would really notify (`pings`), and rate limits with the real headers
(`rate_hits`). Not modelled: automod, slow mode, forum and voice channels, and real latency.
"""

from tests.emulators.discord.calls import Call
from tests.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.errors import NotOfferedError
from tests.emulators.discord.interactions import Interaction
from tests.emulators.discord.permissions import BOT_PERMISSIONS, USER_PERMISSIONS, Intent, Permission

__all__ = [
    "BOT_PERMISSIONS",
    "USER_PERMISSIONS",
    "Call",
    "DiscordEmulator",
    "Intent",
    "Interaction",
    "NotOfferedError",
    "Permission",
]
