"""Rounds in the database: leases, transitions, people's wishes, and what an earlier version kept as folders."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brandvoice.news import Newsroom
from brandvoice.owners import is_gone, this_process
from brandvoice.round_folders import adopt_folders
from brandvoice.round_store import RoundStore
from brandvoice.rounds import LEASE
from conversations.database import Database
from conversations.errors import NotFound, RoundLost, RoundRefused

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = BEGIN

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def rounds(database_url: str, tmp_path: Path, now: Clock) -> Iterator[RoundStore]:
    with RoundStore(Database(database_url), tmp_path / "rounds", now=now) as opened:
        yield opened


def test_a_round_is_kept_from_its_first_moment(rounds: RoundStore) -> None:
    queued = rounds.queue("harbor", recipe="default")
    assert queued.id == "harbor-20260102-030405"
    assert rounds.load(queued.id) == queued
    assert rounds.queue("harbor", recipe="default").id == "harbor-20260102-030405-2"
    assert [e.kind for e in rounds.events(queued.id)] == ["queued"]


def test_an_unknown_round_names_the_latest(rounds: RoundStore) -> None:
    queued = rounds.queue("harbor", recipe="default")
    with pytest.raises(NotFound, match=queued.id):
        rounds.load("../harbor")


def test_one_of_many_workers_gets_a_round_and_a_style_is_run_by_one(rounds: RoundStore) -> None:
    for style in ("harbor", "harbor", "volt"):
        rounds.queue(style, recipe="default")
    with ThreadPoolExecutor(8) as pool:
        claims = [c for c in pool.map(lambda n: rounds.claim(f"worker {n}"), range(8)) if c]
    assert sorted(c.style for c in claims) == ["harbor", "volt"]


def test_a_silent_owner_loses_its_round_and_can_change_nothing_any_more(rounds: RoundStore, now: Clock) -> None:
    rounds.queue("harbor", recipe="default")
    first = rounds.claim("one")
    assert first is not None
    now.time += LEASE + timedelta(seconds=1)
    second = rounds.claim("two")
    assert second is not None
    assert second.attempts == {"lost": 1}
    for late in (lambda: rounds.beat(first), lambda: rounds.advance(first, state="curated", dataset="d")):
        with pytest.raises(RoundLost, match="two"):
            late()
    assert rounds.advance(second, state="curated", dataset="d").state == "curated"
    with pytest.raises(RoundLost):
        rounds.advance(second, state="curated", dataset="e")  # the same transition twice
    assert [e.kind for e in rounds.events(first.id)] == ["queued", "lost", "curated"]


def test_a_beating_owner_keeps_its_round(rounds: RoundStore, now: Clock) -> None:
    rounds.queue("harbor", recipe="default")
    round_ = rounds.claim("one")
    assert round_ is not None
    for _ in range(5):
        now.time += LEASE / 2
        round_ = rounds.beat(round_, training_seconds=30)
        assert rounds.claim("two") is None
    assert round_.training_seconds == 150
    assert rounds.training_seconds("harbor", since=BEGIN) == 150
    assert rounds.training_seconds("harbor", since=now.time) == 0


def test_a_dead_process_of_this_machine_loses_its_round_at_once(rounds: RoundStore) -> None:
    assert not is_gone(this_process())
    host, namespace, _, started = this_process().split("/")
    dead = f"{host}/{namespace}/{2**22 + 1}/{started}"
    rounds.queue("harbor", recipe="default")
    assert rounds.claim(dead) is not None
    assert rounds.claim(this_process()) is not None
    assert not is_gone(f"elsewhere/{namespace}/{2**22 + 1}/{started}")


def test_cancelling_takes_the_round_from_its_owner_and_is_final(rounds: RoundStore) -> None:
    rounds.queue("harbor", recipe="default")
    round_ = rounds.claim("one")
    assert round_ is not None
    assert rounds.cancel(round_.id, who="ada").reason == "cancelled by ada"
    with pytest.raises(RoundLost, match="cancelled"):
        rounds.beat(round_)
    for late in (rounds.cancel, rounds.resume, rounds.pause):
        with pytest.raises(RoundRefused, match="over"):
            late(round_.id, who="bob")


def test_a_paused_round_waits_until_it_is_resumed(rounds: RoundStore) -> None:
    queued = rounds.queue("harbor", recipe="default")
    rounds.pause(queued.id, who="ada")
    assert rounds.claim("one") is None
    rounds.resume(queued.id, who="ada")
    assert rounds.claim("one") is not None


def test_a_failed_round_resumes_from_its_last_finished_step(rounds: RoundStore) -> None:
    rounds.queue("harbor", recipe="default")
    claimed = rounds.claim("one")
    assert claimed is not None
    curated = rounds.advance(claimed, state="curated", dataset="d")
    rounds.release(curated, state="failed", reason="The disk is full.", attempts={"curated": 3})
    assert rounds.claim("one") is None
    resumed = rounds.resume(curated.id, who="ada")
    assert (resumed.state, resumed.attempts, resumed.dataset) == ("curated", {}, "d")


def test_of_many_who_decide_at_once_one_gets_it(rounds: RoundStore) -> None:
    rounds.queue("harbor", recipe="default")
    claimed = rounds.claim("one")
    assert claimed is not None
    waiting = rounds.release(claimed, state="waiting", voice=1)
    assert rounds.waiting() == [waiting]

    def press(n: int) -> str:
        try:
            with rounds.deciding(waiting.id, who=f"p{n}") as held:
                return rounds.release(held, state="promoted", reason=f"approved by p{n}").reason
        except RoundRefused:
            return ""

    with ThreadPoolExecutor(8) as pool:
        (won,) = [said for said in pool.map(press, range(8)) if said]
    assert rounds.load(waiting.id).reason == won
    with pytest.raises(RoundRefused, match=f"promoted: {won}"), rounds.deciding(waiting.id, who="late"):
        pass


def test_a_decision_that_fails_leaves_the_round_waiting(rounds: RoundStore) -> None:
    rounds.queue("harbor", recipe="default")
    claimed = rounds.claim("one")
    assert claimed is not None
    waiting = rounds.release(claimed, state="waiting", voice=1)
    with pytest.raises(ValueError, match="broken"), rounds.deciding(waiting.id, who="ada"):
        raise ValueError("broken")
    with rounds.deciding(waiting.id, who="bob") as held:
        assert held.state == "waiting"


def test_a_due_moment_has_one_round_whoever_notices(rounds: RoundStore) -> None:
    def notice(_: int) -> bool:
        return (
            rounds.queue_due("harbor", recipe="r", due_at=BEGIN, origin="schedule", reason="", options={}) is not None
        )

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(notice, range(8))) == 1
    assert rounds.skip_due("harbor", recipe="r", due_at=BEGIN, origin="schedule", reason="nothing new") is None
    assert rounds.last_due("harbor") == BEGIN


def test_what_a_person_decided_stands_in_the_round(rounds: RoundStore) -> None:
    queued = rounds.queue("harbor", recipe="default")
    rounds.decided(queued.id, state="promoted", reason="by ada")
    rounds.decided(None, state="promoted", reason="a voice without a round")
    assert rounds.load(queued.id).state == "promoted"


def test_folders_of_an_earlier_version_are_taken_in_once(rounds: RoundStore) -> None:
    kept = {"id": "harbor-1", "style": "harbor", "state": "trained", "until": "promoted", "recipe": "default"}
    kept |= {"started_at": "2025-12-01T10:00:00+00:00", "dataset": "d", "voice": 3, "reason": ""}
    for name, text in (("harbor-1", json.dumps(kept)), ("broken", "{"), ("other", "[]")):
        (rounds.root / name).mkdir(parents=True)
        (rounds.root / name / "round.json").write_text(text)
    assert [r.id for r in adopt_folders(rounds)] == ["harbor-1"]
    assert adopt_folders(rounds) == []
    adopted = rounds.load("harbor-1")
    assert (adopted.state, adopted.voice, adopted.started_at.year) == ("trained", 3, 2025)
    assert rounds.claim("one") is None  # nobody asked a worker to go on with it
    assert rounds.claim("one", only="harbor-1") is not None


def test_what_people_are_to_hear_is_news_once(rounds: RoundStore, now: Clock) -> None:
    rounds.queue("harbor", recipe="default")
    claimed = rounds.claim("one")
    assert claimed is not None
    waiting = rounds.release(claimed, state="waiting", voice=1, reason="It passes.", facts={"scores": {"chrf": 0.3}})
    (item,) = Newsroom(rounds.database, now=now).take("webhook")
    assert (item.kind, item.key, item.round) == ("round.waiting", f"round.waiting:{waiting.id}", waiting.id)
    assert item.facts["scores"] == {"chrf": 0.3}
    assert item.facts["message"] == "It passes."
