"""Data packages of Discord that the tests make up, in the form of today and in older ones."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

Said = tuple[int, str, str]  # id, time, words

FRIENDS = [{"id": "1002", "type": 1, "user": {"id": "1002", "username": "ben", "global_name": "Ben Berg"}}]
OWNER = {"id": "1003", "username": "harbor.desk", "discriminator": 0, "global_name": "Harbor Desk"}


def today(channels: Mapping[int, Sequence[Said]], **account: object) -> dict[str, bytes]:
    """JSON, in folders that begin with a capital; the newest message stands first."""
    files = {
        f"Messages/c{channel}/messages.json": json.dumps([record(*one) for one in reversed(said)]).encode()
        for channel, said in channels.items()
    }
    return files | _around("Messages", "Account", channels, account)


def formerly(channels: Mapping[int, Sequence[Said]], **account: object) -> dict[str, bytes]:
    """CSV, in folders written small; the oldest ones put no letter before the id of a channel."""
    files = {}
    for channel, said in channels.items():
        sheet = io.StringIO()
        rows = csv.writer(sheet)
        rows.writerow(("ID", "Timestamp", "Contents", "Attachments"))
        rows.writerows((*one, "") for one in said)
        files[f"messages/{channel}/messages.csv"] = sheet.getvalue().encode()
        files[f"messages/{channel}/channel.json"] = json.dumps({"id": str(channel), "type": 0}).encode()
    return files | _around("messages", "account", channels, account)


def record(number: int, time: str, words: object, **more: object) -> dict[str, object]:
    return {"ID": number, "Timestamp": time, "Contents": words, "Attachments": "", **more}


def _around(
    messages: str, account: str, channels: Mapping[int, Sequence[Said]], more: Mapping[str, object]
) -> dict[str, bytes]:
    files = {f"{messages}/index.json": {str(channel): "Direct Message with ben#0" for channel in channels}}
    files |= {f"{messages}/c{channel}/channel.json": {"id": str(channel), "type": "DM"} for channel in channels}
    files |= {f"{account}/user.json": OWNER | {"relationships": FRIENDS, "settings": {"settings": {}}} | more}
    files |= {"Servers/index.json": {"7": "Harbor"}, "Activity/reporting/events-2024-00000-of-00001.json": {"day": "1"}}
    return {name: json.dumps(content).encode() for name, content in files.items()}
