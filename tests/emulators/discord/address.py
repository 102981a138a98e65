"""Where this Discord listens, and how a program is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# One sitecustomize serves every emulator whose folder this is, so it runs whatever lies beside it.
SITECUSTOMIZE = """\
import glob, os, runpy
for f in glob.glob(os.path.join(os.path.dirname(__file__), '_emul_*.py')):
    runpy.run_path(f)
"""
POINT_DISCORD = """\
import os
try:
    import discord.http, discord.gateway, yarl
except ImportError:
    discord = None
if discord and os.environ.get('DISCORD_EMUL_API'):
    discord.http.Route.BASE = os.environ['DISCORD_EMUL_API']
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ['DISCORD_EMUL_GATEWAY'])
"""


@dataclass
class Address:
    port: int = 0

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway/"

    def file_url(self, attachment: str, filename: str) -> str:
        return f"http://127.0.0.1:{self.port}/cdn/{attachment}/{filename}"

    @contextmanager
    def patched(self) -> Iterator[None]:
        """Point this process's discord.py here. Both are needed: a plain Client never asks for the gateway's URL."""
        import discord.gateway
        import discord.http
        import yarl

        route, socket = discord.http.Route, discord.gateway.DiscordWebSocket
        before = route.BASE, socket.DEFAULT_GATEWAY
        route.BASE, socket.DEFAULT_GATEWAY = self.api_url, yarl.URL(self.gateway_url)
        try:
            yield
        finally:
            route.BASE, socket.DEFAULT_GATEWAY = before

    def settings(self, token: str) -> dict[str, str]:
        """Environment for a program that reads where Discord is from its settings."""
        return {"DISCORD_TOKEN": token, "DISCORD_API_URL": self.api_url, "DISCORD_GATEWAY_URL": self.gateway_url}

    def sitecustomized(self, folder: Path, token: str) -> dict[str, str]:
        """Environment that points the discord.py of any other process here, through a sitecustomize in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
        (folder / "_emul_discord.py").write_text(POINT_DISCORD, encoding="utf-8")
        path = os.pathsep.join(part for part in (str(folder), os.environ.get("PYTHONPATH", "")) if part)
        return {
            "DISCORD_EMUL_API": self.api_url,
            "DISCORD_EMUL_GATEWAY": self.gateway_url,
            "DISCORD_TOKEN": token,
            "DISCORD_BOT_TOKEN": token,
            "PYTHONPATH": path,
        }
