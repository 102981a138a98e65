"""News is told once on every channel, also when who tells it dies."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from brandvoice.news import HELD, LOOK_BACK, RETRIES, Newsroom
from conversations.database import Database


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def newsroom(database_url: str, now: Clock) -> Iterator[Newsroom]:
    database = Database(database_url)
    yield Newsroom(database, now=now)
    database.close()


def publish(newsroom: Newsroom, key: str, *, kind: str = "round.waiting", style: str = "harbor") -> bool:
    return newsroom.publish(kind, key=key, style=style, facts={"n": 1})


def test_news_is_published_once_by_its_key(newsroom: Newsroom) -> None:
    assert publish(newsroom, "a")
    assert not publish(newsroom, "a")
    assert [n.key for n in newsroom.all()] == ["a"]


def test_of_many_programs_that_take_for_a_channel_one_gets_it_and_each_channel_gets_its_own(newsroom: Newsroom) -> None:
    for key in "abc":
        publish(newsroom, key)
    with ThreadPoolExecutor(6) as pool:
        taken = [n.key for items in pool.map(lambda _: newsroom.take("slack"), range(6)) for n in items]
    assert sorted(taken) == ["a", "b", "c"]
    assert [n.key for n in newsroom.take("email")] == ["a", "b", "c"]


def test_who_dies_before_saying_that_it_was_told_leaves_it_to_the_next(newsroom: Newsroom, now: Clock) -> None:
    publish(newsroom, "a")
    assert [n.tries for n in newsroom.take("slack")] == [1]
    assert newsroom.take("slack") == []
    now.time += HELD + timedelta(seconds=1)
    (again,) = newsroom.take("slack")
    assert again.tries == 2
    newsroom.told(again.number, "slack", receipt="C1:12.5")
    now.time += timedelta(days=30)
    assert newsroom.take("slack") == []
    assert newsroom.receipt("a", "slack") == "C1:12.5"


def test_what_cannot_be_told_is_tried_later_and_given_up_in_the_end(newsroom: Newsroom, now: Clock) -> None:
    publish(newsroom, "a")
    tries = 0
    for _ in range(60):
        for item in newsroom.take("webhook"):
            tries += 1
            newsroom.failed(item, "webhook", fault="refused")
        now.time += timedelta(hours=1)
    assert tries == len(RETRIES) + 1


def test_a_new_channel_is_not_told_old_stories(newsroom: Newsroom, now: Clock) -> None:
    publish(newsroom, "old")
    now.time += LOOK_BACK + timedelta(minutes=1)
    publish(newsroom, "new")
    assert [n.key for n in newsroom.take("slack")] == ["new"]


def test_a_channel_may_ask_for_some_kinds_and_a_quiet_style_waits(newsroom: Newsroom) -> None:
    publish(newsroom, "a", kind="round.waiting")
    publish(newsroom, "b", kind="round.failed", style="volt")
    publish(newsroom, "c", kind="example.learned")
    assert newsroom.take("mail", kinds=["round.failed"], quiet=["volt"]) == []
    assert [n.key for n in newsroom.take("mail", kinds=["round.failed"])] == ["b"]
    assert [n.key for n in newsroom.take("cards", kinds=["round.*"])] == ["a", "b"]
