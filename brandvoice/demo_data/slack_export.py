"""Write a brand's demo conversations as a Slack export: `python -m brandvoice.demo_data.slack_export`."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMERS = ("mara", "jonas", "priya", "tom", "lucia", "wei", "amara", "finn", "noor", "hugo", "ines", "kofi")
HERE = Path(__file__).parent

Record = dict[str, Any]


def write_export(brand: str, conversations: list[list[dict[str, str]]], target: Path) -> None:
    """One channel with a thread per conversation, joins and a bot between them, days as Slack writes them."""
    days: dict[str, list[Record]] = {}
    for number, messages in enumerate(conversations):
        began = FIRST + timedelta(minutes=37 * number)
        for record in _thread(brand, messages, began=began, customer=number % len(CUSTOMERS)):
            when = datetime.fromtimestamp(float(record["ts"]), UTC)
            days.setdefault(f"{when:%Y-%m-%d}", []).append(record)
    for number, day in enumerate(sorted(days)):
        days[day] += _noise(day, number)
    users = [_user(i, name) for i, name in enumerate(CUSTOMERS)] + [_user(99, f"{brand}-crew")]
    channel = {
        "id": f"C0{brand.upper()}",
        "name": "help",
        "created": int(FIRST.timestamp()),
        "members": [u["id"] for u in users],
    }
    files = {"users.json": users, "channels.json": [channel], **{f"help/{d}.json": r for d, r in days.items()}}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, FIRST.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, json.dumps(content, ensure_ascii=False, indent=1))


def _thread(brand: str, messages: list[dict[str, str]], *, began: datetime, customer: int) -> list[Record]:
    root = _stamp(began)
    records = []
    for turn, message in enumerate(messages):
        user = f"U{customer:03}" if message["role"] == "user" else "U099"
        record: Record = {
            "type": "message",
            "user": user,
            "text": message["content"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "ts": _stamp(began + timedelta(seconds=90 * turn)),
            "thread_ts": root,
        }
        records.append(record | ({"parent_user_id": f"U{customer:03}"} if turn else {"reply_count": len(messages) - 1}))
    return records


def _noise(day: str, number: int) -> list[Record]:
    moment = _stamp(datetime.fromisoformat(f"{day}T23:0{number % 10}:00+00:00"))
    user = f"U{number % len(CUSTOMERS):03}"
    if number % 2:
        return [
            {"type": "message", "subtype": "bot_message", "bot_id": "B01", "text": "Daily backup done.", "ts": moment}
        ]
    joined = f"<@{user}> has joined the channel"
    return [{"type": "message", "subtype": "channel_join", "user": user, "text": joined, "ts": moment}]


def _stamp(moment: datetime) -> str:
    return f"{moment.timestamp():.0f}.000100"


def _user(number: int, name: str) -> Record:
    profile = {"real_name": name.title(), "display_name": name}
    return {"id": f"U{number:03}", "name": name, "real_name": name.title(), "deleted": False, "profile": profile}


def main() -> None:
    for brand in ("harbor", "volt"):
        lines = (HERE / f"{brand}.jsonl").read_text(encoding="utf-8").splitlines()
        write_export(brand, [json.loads(line)["messages"] for line in lines], HERE / f"{brand}_slack.zip")


if __name__ == "__main__":
    main()
