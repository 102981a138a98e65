"""How fast logs of each format are read, and in how much memory: `python -m benchmarks.importers [MESSAGES]`.

Each file is made here and read in a process of its own, once with a tenth of the messages and once with all of them:
where memory is flat, both peaks are the same.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conversations.importers import BUILTIN_IMPORTERS, Request, read_path
from conversations.messages import Conversation

NOON = datetime(2020, 3, 15, 12, tzinfo=UTC)
WORDS = "Thank you for writing, we have looked into it and your parcel left our house this morning"


def said(count: int) -> Iterator[tuple[int, datetime, str, str, int]]:
    """(number, when, who, what, which conversation): of ten people, one asks and the desk answers, an hour apart."""
    for number in range(count):
        turn, is_answer = divmod(number, 2)
        when = NOON + timedelta(hours=turn, minutes=is_answer)
        yield number, when, "desk" if is_answer else f"anna {turn % 10}", f"{WORDS} {number}.", turn


def slack(path: Path, count: int) -> None:
    """In one channel, a file for each day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        people = [{"id": f"anna {n}", "name": f"anna{n}"} for n in range(10)]
        archive.writestr("users.json", json.dumps([{"id": "desk", "name": "desk"}, *people]))
        archive.writestr(
            "channels.json", json.dumps([{"id": f"C{n}", "name": f"c{n}"} for n in range(count // 1000 + 1)])
        )
        days: dict[str, list[object]] = {}
        for number, when, who, text, _ in said(count):
            entry = {"type": "message", "user": who, "text": text, "ts": f"{when.timestamp():.6f}"}
            days.setdefault(f"c{number // 1000}/{when:%Y-%m-%d}.json", []).append(entry)
        for name, entries in days.items():
            archive.writestr(name, json.dumps(entries))


def discord(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"guild": {"id": "7"}, "channel": {"id": "70", "type": "GuildTextChat"}, "messages": [\n')
        for number, when, who, text, turn in said(count):
            entry = {"id": str(number), "type": "Default", "timestamp": when.isoformat(), "content": text}
            entry |= {
                "author": {"id": who, "name": who, "isBot": False},
                "attachments": [],
                "embeds": [],
                "mentions": [],
            }
            if who == "desk":
                entry |= {"type": "Reply", "reference": {"messageId": str(2 * turn), "channelId": "70"}}
            file.write(json.dumps(entry, indent=2) + (",\n" if number < count - 1 else "\n"))
        file.write(f'], "messageCount": {count}}}')


def telegram(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"name": "x", "type": "private_group", "id": 5, "messages": [\n')
        for number, when, who, text, _ in said(count):
            entry = {"id": number, "type": "message", "date_unixtime": f"{when.timestamp():.0f}", "from": who}
            entry |= {"from_id": who, "text": text}
            file.write(json.dumps(entry, indent=1) + (",\n" if number < count - 1 else "\n"))
        file.write("]}")


def whatsapp(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for _, when, who, text, _ in said(count):
            file.write(f"[{when:%d/%m/%Y, %H:%M:%S}] {who}: {text}\n")


def csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("conversation,author,time,role,text\n")
        for _, when, who, text, turn in said(count):
            file.write(f'{turn},{who},{when.isoformat()},{"agent" if who == "desk" else "user"},"{text}"\n')


def twcs(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n")
        for number, when, who, text, turn in said(count):
            is_answer = who == "desk"
            answered = 2 * turn if is_answer else ""
            file.write(f'{number},{who},{not is_answer},{when:%a %b %d %H:%M:%S +0000 %Y},"{text}",,{answered}\n')


def openai(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(0, count, 2):
            turns = [{"role": role, "content": f"{WORDS} {number}."} for role in ("user", "assistant")]
            file.write(json.dumps({"messages": turns}) + "\n")


MAKERS: dict[str, Callable[[Path, int], None]] = {
    maker.__name__: maker for maker in (slack, discord, telegram, whatsapp, csv, twcs, openai)
}


def read(path: Path, answer: multiprocessing.SimpleQueue[tuple[int, float, float]]) -> None:
    """In a process of its own: messages that came out, seconds of the processor, and the peak of memory in MiB."""
    began = time.process_time()
    request = Request(path, speakers=("desk",))
    found = (outcome for outcome in read_path(request, BUILTIN_IMPORTERS) if isinstance(outcome, Conversation))
    count = sum(len(conversation.messages) for conversation in found)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    answer.put((count, time.process_time() - began, peak))


def measure(path: Path) -> tuple[int, float, float]:
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[tuple[int, float, float]] = context.SimpleQueue()
    process = context.Process(target=read, args=(path, answer))
    process.start()
    result = answer.get()
    process.join()
    return result


def main(messages: int = 200_000) -> None:
    for name, make in MAKERS.items():
        for count in (messages // 10, messages):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "log"
                make(path, count)
                size = path.stat().st_size / 2**20
                found, seconds, peak = measure(path)
            rate = count / seconds
            print(
                f"{name:9} {count:9,} messages, {size:6.1f} MiB: {found:9,} read, "
                f"{rate:8,.0f} in a second of one core, peak {peak:5.0f} MiB"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
