"""News told by webhook, e-mail and plugins, against real servers on loopback."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from brandvoice.news import RETRIES, Newsroom
from brandvoice.notifying import SIGNATURE, Messenger, sign
from brandvoice.plugins import Offers
from brandvoice.round_settings import NotifySection
from brandvoice.round_store import RoundStore
from brandvoice.workspace import Workspace
from tests.brandvoice.scripted import make_workspace
from tests.brandvoice.test_worker import Clock

Heard = list[dict[str, Any]]


@contextmanager
def webhook(heard: Heard, *, statuses: list[int]) -> Iterator[str]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append({"body": body, "headers": dict(self.headers)})
            self.send_response(statuses.pop(0) if statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()


@contextmanager
def mail_server(letters: list[str]) -> Iterator[int]:
    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in iter(self.rfile.readline, b""):
                word = line.split()[0].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    letters.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def offers(*notifiers: Any) -> Offers:
    return Offers({"notifiers": list(notifiers)}, {})


@contextmanager
def newsroom(root: Path, clock: Clock, *, settings: str) -> Iterator[tuple[Workspace, RoundStore, Newsroom]]:
    workspace = make_workspace(root, settings=settings)
    with workspace.open_rounds() as rounds:
        rounds.now = clock
        yield workspace, rounds, Newsroom(rounds.database, now=clock)


def waits(news: Newsroom, number: int = 1) -> None:
    facts = {"voice": number, "message": "It passes.\nWell done — ünïcode."}
    news.publish("round.waiting", key=f"round.waiting:{number}", style="tea", facts=facts, round_id=f"tea-{number}")


def test_a_webhook_is_signed_tried_again_and_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANDVOICE_WEBHOOK_SECRET", "hush")
    heard: Heard = []
    clock = Clock()
    with (
        webhook(heard, statuses=[500, 302]) as url,
        newsroom(tmp_path, clock, settings=f'[notify]\nwebhook = "{url}"\n') as (workspace, rounds, news),
    ):
        messenger = Messenger(workspace, rounds, offers=offers())
        waits(news)
        assert messenger.tell() == 0  # 500
        assert messenger.tell() == 0  # rests
        clock.time += timedelta(seconds=RETRIES[0] + 1)
        assert messenger.tell() == 0  # 302, and nobody follows
        clock.time += timedelta(seconds=RETRIES[1] + 1)
        assert messenger.tell() == 1
        clock.time += timedelta(days=9)
        assert messenger.tell() == 0
    assert len(heard) == 3
    assert len({h["headers"]["Brandvoice-Event"] for h in heard}) == 1
    last = heard[-1]
    stamp = int(last["headers"][SIGNATURE].split(",")[0].removeprefix("t="))
    assert last["headers"][SIGNATURE] == sign(last["body"], key="hush", seconds=stamp)
    assert json.loads(last["body"])["facts"]["message"].endswith("ünïcode.")


def test_a_letter_says_what_happened_and_what_to_type(tmp_path: Path) -> None:
    letters: list[str] = []
    with mail_server(letters) as port:
        server = f'smtp_host = "127.0.0.1"\nsmtp_port = {port}\nsmtp_tls = "none"\n'
        settings = f'[notify]\nemail_to = ["ada@example.org"]\n{server}'
        with newsroom(tmp_path, Clock(), settings=settings) as (workspace, rounds, news):
            waits(news)
            assert Messenger(workspace, rounds, offers=offers()).tell() == 1
    (letter,) = letters
    assert "Subject: [brandvoice] tea@1 waits for your decision" in letter
    assert "brandvoice voices promote tea@1" in letter


def test_a_plugin_hears_everything_and_one_that_fails_harms_no_other(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    def broken(kind: str, facts: dict[str, Any]) -> None:
        raise ZeroDivisionError

    def listening(kind: str, facts: dict[str, Any]) -> None:
        heard.append((kind, facts["key"]))

    with newsroom(tmp_path, Clock(), settings="") as (workspace, rounds, news):
        waits(news)
        news.publish("curation.secret", key="s", style="tea", facts={})
        messenger = Messenger(workspace, rounds, offers=offers(broken, listening))
        assert messenger.tell() == 2
        assert messenger.tell() == 0
    assert heard == [("round.waiting", "round.waiting:1"), ("curation.secret", "s")]


def test_in_quiet_hours_nobody_is_told_until_they_are_over(tmp_path: Path) -> None:
    heard: list[str] = []

    def listening(kind: str, facts: dict[str, Any]) -> None:
        heard.append(kind)

    clock = Clock()  # noon
    settings = '[styles.tea]\nquiet_hours = "11:00-13:00"\n'
    with newsroom(tmp_path, clock, settings=settings) as (workspace, rounds, news):
        waits(news)
        messenger = Messenger(workspace, rounds, offers=offers(listening))
        assert messenger.tell() == 0
        clock.time += timedelta(hours=1)
        assert messenger.tell() == 1
    assert heard == ["round.waiting"]


@pytest.mark.parametrize("url", ["http://example.org/hook", "ftp://127.0.0.1/x", "http://127.0.0.1.example.org/hook"])
def test_a_webhook_goes_over_https_or_stays_on_this_machine(url: str) -> None:
    with pytest.raises(ValidationError, match="https://"):
        NotifySection(webhook=url)
