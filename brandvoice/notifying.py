"""Notifying: news told by webhook, by e-mail and by what plugins offer, each until it got through."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from logging import getLogger
from typing import TYPE_CHECKING, Any

from brandvoice.news import News, Newsroom
from brandvoice.settings import secret

if TYPE_CHECKING:
    from brandvoice.plugins import Offers
    from brandvoice.round_settings import NotifySection
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace

SECONDS = 10.0  # for a webhook or a mail server to answer
SIGNATURE, EVENT = "Brandvoice-Signature", "Brandvoice-Event"

_log = getLogger(__name__)

Tell = Callable[[News], None]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to tell news: its name, the kinds it is for, and what tells one piece or raises."""

    name: str
    kinds: tuple[str, ...]
    tell: Tell


class Messenger:
    """Tells every channel of a workspace what it has not told yet."""

    def __init__(self, workspace: Workspace, rounds: RoundStore, *, offers: Offers) -> None:
        self.workspace = workspace
        self.rounds = rounds
        self.newsroom = Newsroom(rounds.database, now=rounds.now)
        self.channels = channels(workspace.settings.notify, offers)

    def tell(self) -> int:
        """One pass over all channels; returns how many pieces were told. What fails is tried again later."""
        now = self.rounds.now()
        quiet = [name for name, settings in self.workspace.settings.styles.items() if settings.is_quiet(now)]
        return sum(self._tell(channel, quiet=quiet) for channel in self.channels)

    def _tell(self, channel: Channel, *, quiet: Sequence[str]) -> int:
        told = 0
        for item in self.newsroom.take(channel.name, kinds=channel.kinds, quiet=quiet):
            try:
                channel.tell(item)
            except Exception as error:  # noqa: BLE001 - foreign code, and every kind of network
                _log.warning("%s could not be told on %s: %s", item.key, channel.name, error)
                self.newsroom.failed(item, channel.name, fault=f"{type(error).__name__}: {error}")
            else:
                self.newsroom.told(item.number, channel.name)
                told += 1
        return told


def channels(settings: NotifySection, offers: Offers) -> list[Channel]:
    """The configured ones, and one for each notifier of a plugin, which hears everything."""
    found = []
    if settings.webhook:
        found.append(Channel("webhook", settings.kinds, Webhook(settings.webhook, secret("BRANDVOICE_WEBHOOK_SECRET"))))
    if settings.email_to and settings.smtp_host:
        found.append(
            Channel("email", settings.kinds, Email(settings, secret("SMTP_USERNAME"), secret("SMTP_PASSWORD")))
        )
    for notifier in offers.list("notifiers"):
        name = f"plugin:{notifier.__module__}.{getattr(notifier, '__qualname__', type(notifier).__qualname__)}"
        found.append(Channel(name, (), _as_tell(notifier)))
    return found


def _as_tell(notifier: Callable[[str, dict[str, Any]], None]) -> Tell:
    return lambda item: notifier(item.kind, {**item.facts, "key": item.key, "at": item.at.isoformat()})


class Webhook:
    """POSTs each piece as JSON, signed as `t=SECONDS,v1=HMAC-SHA256(secret, "SECONDS." + body)`.

    `Brandvoice-Event` is the same when a piece is sent again, so that a receiver can count it once.
    """

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self.key = key

    def __call__(self, item: News) -> None:
        import httpx2

        facts = {"event": item.kind, "id": item.key, "at": item.at.isoformat(), "facts": dict(item.facts)}
        body = json.dumps(facts, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", EVENT: item.key}
        if self.key:
            headers[SIGNATURE] = sign(body, key=self.key, seconds=int(item.at.timestamp()))
        answer = httpx2.post(self.url, content=body, headers=headers, timeout=SECONDS, follow_redirects=False)
        answer.raise_for_status()


def sign(body: bytes, *, key: str, seconds: int) -> str:
    digest = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


class Email:
    """Sends each piece as a plain message; one that is sent again has the same Message-ID."""

    def __init__(self, settings: NotifySection, username: str | None, password: str | None) -> None:
        self.settings = settings
        self.username = username
        self.password = password

    def __call__(self, item: News) -> None:
        opening = smtplib.SMTP_SSL if self.settings.smtp_tls == "tls" else smtplib.SMTP
        with opening(self.settings.smtp_host, self.settings.smtp_port, timeout=SECONDS) as server:
            if self.settings.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self.username and self.password:
                server.login(self.username, self.password)
            server.send_message(self.letter(item))

    def letter(self, item: News) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = subject(item)
        letter["From"] = self.settings.email_from or self.settings.email_to[0]
        letter["To"] = ", ".join(self.settings.email_to)
        digest = hashlib.sha256(item.key.encode()).hexdigest()[:24]
        letter["Message-ID"] = f"<{digest}@brandvoice.invalid>"
        letter.set_content(body(item))
        return letter


def subject(item: News) -> str:
    voice = f"{item.style}@{item.facts['voice']}" if item.facts.get("voice") else item.style
    said = {
        "round.waiting": f"{voice} waits for your decision",
        "round.promoted": f"{voice} speaks now",
        "round.rejected": f"{voice} was rejected",
        "round.failed": f"a round of {item.style} failed",
        "round.skipped": f"no round of {item.style} this time",
    }
    return f"[brandvoice] {said.get(item.kind, f'{item.kind}: {voice}')}"


def body(item: News) -> str:
    """What happened, in words, and what to type next."""
    lines = [str(item.facts.get("message") or json.dumps(dict(item.facts), ensure_ascii=False))]
    if item.round:
        lines += ["", f"Round: {item.round}", f"Look: brandvoice rounds show {item.round}"]
    if item.kind == "round.waiting":
        voice = f"{item.style}@{item.facts.get('voice')}"
        lines += [f"Promote: brandvoice voices promote {voice}", f"Reject: brandvoice voices reject {voice}"]
    if report := item.facts.get("report"):
        lines.append(f"Report: {report}")
    return "\n".join(lines) + "\n"
