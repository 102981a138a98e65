"""News: what people are to hear of, kept until every channel has told it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from conversations.database import Database, insert_missing
from conversations.round_tables import news, news_channels, news_deliveries

if TYPE_CHECKING:
    from collections.abc import Callable

HELD = timedelta(minutes=2)  # how long a channel has to say that it told a piece of news
LOOK_BACK = timedelta(days=1)  # a channel that is new hears what happened this long before it came
RETRIES = (60, 300, 1800, 7200, 21600, 43200)  # seconds until news that could not be told is tried again


@dataclass(frozen=True, slots=True)
class Unpublished:
    """What is to become a piece of news; see `News`."""

    kind: str
    key: str
    style: str
    facts: Mapping[str, Any]
    round: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. `kind` is round.waiting, round.promoted, …; `key` is its own for ever.

    `person` is whom it is for; None: whoever listens. `tries` above 1 means that an earlier try may have reached the
    channel before its program died, so a channel that can looks for `key` first.
    """

    number: int
    key: str
    kind: str
    style: str
    round: str | None
    person: str | None
    at: datetime
    facts: Mapping[str, Any]
    tries: int = 0


class Newsroom:
    """News of one workspace in the database: published once by key, told once on every channel.

    A channel is a name such as "webhook", "slack:C0123" or "email". `take` gives what is untold and holds it for two
    minutes: of all programs that take for one channel, one gets it. Then say `told` or `failed`; who dies in between
    leaves it to the next. Calls block.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def publish(
        self,
        kind: str,
        *,
        key: str,
        style: str,
        facts: Mapping[str, Any],
        round_id: str | None = None,
        person: str | None = None,
    ) -> bool:
        """Keep a piece of news; False when one with this key is known."""
        row: dict[str, Any] = {"kind": kind, "style": style, "round": round_id, "person": person, "facts": dict(facts)}
        with self._database.writing() as connection:
            return insert_news(connection, key=key, at=self._now(), **row)

    def publish_all(self, pieces: Iterable[Unpublished]) -> int:
        """Keep all of them at once, so that nobody hears of a part; how many were new."""
        with self._database.writing() as connection:
            return sum(insert_news(connection, at=self._now(), **asdict(piece)) for piece in pieces)

    def take(
        self, channel: str, *, kinds: Sequence[str] = (), quiet: Collection[str] = (), limit: int = 20
    ) -> list[News]:
        """What the channel is to tell now, oldest first, held for it alone.

        `kinds` may end in `.*`; empty: all. News of a style in `quiet` waits until it is not quiet any more.
        """
        now = self._now()
        with self._database.writing() as connection:
            insert_missing(connection, news_channels, channel=channel, since=now - LOOK_BACK)
            found = connection.execute(
                _untold(connection, channel, kinds=kinds, now=now).where(news.c.style.not_in(quiet)).limit(limit)
            ).all()
            return [taken for row in found if (taken := _hold(connection, row, channel=channel, now=now))]

    def told(self, number: int, channel: str, *, receipt: str | None = None) -> None:
        """The channel has told it; `receipt` says where (a message's id), for changing it later."""
        self._close(number, channel, done_at=self._now(), receipt=receipt, fault=None)

    def failed(self, item: News, channel: str, *, fault: str) -> None:
        """It could not be told: it is tried again later, and given up after the last try."""
        if item.tries > len(RETRIES):
            self._close(item.number, channel, done_at=self._now(), fault=f"given up: {fault}")
            return
        again = self._now() + timedelta(seconds=RETRIES[item.tries - 1])
        with self._database.writing() as connection:
            connection.execute(_delivery(item.number, channel).values(again_at=again, fault=fault))

    def receipt(self, key: str, channel: str) -> str | None:
        """Where the channel told the news with the key."""
        wanted = select(news_deliveries.c.receipt).join_from(
            news_deliveries, news, news_deliveries.c.news == news.c.number
        )
        with self._database.reading() as connection:
            return connection.scalar(wanted.where(news.c.key == key, news_deliveries.c.channel == channel))

    def receipts(self, channel: str, *, limit: int) -> list[tuple[News, str]]:
        """The newest pieces that the channel told, and where; newest first."""
        wanted = select(news, news_deliveries.c.receipt).join_from(
            news_deliveries, news, news_deliveries.c.news == news.c.number
        )
        receipt = news_deliveries.c.receipt
        mine = wanted.where(news_deliveries.c.channel == channel, receipt.is_not(None), receipt != "")
        with self._database.reading() as connection:
            found = connection.execute(mine.order_by(news.c.number.desc()).limit(limit)).all()
            return [(_news(row, tries=0), row.receipt) for row in found]

    def all(self, *, round_id: str | None = None) -> list[News]:
        """Every piece of news, or those of a round; oldest first."""
        wanted = select(news).order_by(news.c.number)
        if round_id is not None:
            wanted = wanted.where(news.c.round == round_id)
        with self._database.reading() as connection:
            return [_news(row, tries=0) for row in connection.execute(wanted)]

    def _close(self, number: int, channel: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(_delivery(number, channel).values(again_at=None, **values))


def insert_news(connection: Connection, *, key: str, **row: Any) -> bool:
    """Publish inside somebody's transaction: what happened and the news of it are kept together or not at all."""
    if connection.scalar(select(news.c.number).where(news.c.key == key)) is not None:
        return False
    return insert_missing(connection, news, key=key, **row)


def _untold(connection: Connection, channel: str, *, kinds: Sequence[str], now: datetime) -> Any:
    mine = and_(news_deliveries.c.news == news.c.number, news_deliveries.c.channel == channel)
    due = or_(
        news_deliveries.c.news.is_(None), and_(news_deliveries.c.done_at.is_(None), news_deliveries.c.again_at < now)
    )
    since = connection.scalar(select(news_channels.c.since).where(news_channels.c.channel == channel))
    wanted = select(news, news_deliveries.c.tries).join_from(news, news_deliveries, mine, isouter=True)
    wanted = wanted.where(news.c.at >= since, due)
    if kinds:
        wanted = wanted.where(or_(*map(_is_kind, kinds)))
    return wanted.order_by(news.c.number)


def _is_kind(kind: str) -> Any:
    return news.c.kind.startswith(kind[:-1], autoescape=True) if kind.endswith(".*") else news.c.kind == kind


def _hold(connection: Connection, row: Row[Any], *, channel: str, now: datetime) -> News | None:
    """Take one piece for the channel; None when somebody else was quicker."""
    tries = row.tries or 0
    if tries == 0:
        held = insert_missing(
            connection, news_deliveries, news=row.number, channel=channel, tries=1, again_at=now + HELD
        )
    else:
        same = _delivery(row.number, channel).where(news_deliveries.c.tries == tries, news_deliveries.c.again_at < now)
        held = connection.execute(same.values(tries=tries + 1, again_at=now + HELD)).rowcount == 1
    return _news(row, tries=tries + 1) if held else None


def _delivery(number: int, channel: str) -> Any:
    return update(news_deliveries).where(news_deliveries.c.news == number, news_deliveries.c.channel == channel)


def _news(row: Row[Any], *, tries: int) -> News:
    return News(row.number, row.key, row.kind, row.style, row.round, row.person, row.at, row.facts, tries)
