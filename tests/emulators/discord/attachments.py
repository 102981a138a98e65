"""Uploaded files, and the download server that hands them out."""

from __future__ import annotations

from aiohttp import web

from tests.emulators.discord.address import Address
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.wire import Json


class Attachments:
    def __init__(self, ids: Ids, address: Address) -> None:
        self._ids = ids
        self._address = address
        self.by_id: dict[str, bytes] = {}

    def add(self, filename: str, data: bytes) -> Json:
        """Keep a file and return the attachment object that points to it."""
        attachment = self._ids.fresh()
        self.by_id[attachment] = data
        url = self._address.file_url(attachment, filename)
        return {"id": attachment, "filename": filename, "size": len(data), "url": url, "proxy_url": url}

    async def download(self, request: web.Request) -> web.Response:
        data = self.by_id.get(request.match_info["id"])
        return web.Response(status=404) if data is None else web.Response(body=data, content_type="text/plain")
