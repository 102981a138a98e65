"""The worker with real processes: what is due, kills at any moment, and two workers on one database."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from brandvoice.curating import curate_style
from brandvoice.decisions import tell_submitters
from brandvoice.news import Newsroom
from brandvoice.plugins import load_plugins
from brandvoice.round_store import RoundStore
from brandvoice.worker import check_due, find_due
from brandvoice.workspace import Workspace
from conversations.messages import Conversation, Feedback, Message, Submission
from conversations.sources import Source
from styles.voices import Manifest, VoiceVersion, verify
from tests.brandvoice.scripted import HERE, fork_quick_worker, fork_worker, lines, make_worker, make_workspace
from tests.postgres import PostgresServer

SOURCE = Source("s", "tea", "openai", "chats", "consent", True, datetime(2026, 1, 1, tzinfo=UTC), owner="Kim")
STYLES = ("tea", "cups")
NIGHTLY = '[styles.tea]\nschedule = "0 3 * * *"\n'


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 5, 6, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def talk(number: int) -> Conversation:
    asked = Message("user", f"Where is parcel {number}?", author="tom")
    words = " ".join(sha256(f"{number} {n}".encode()).hexdigest()[:5] for n in range(8))
    return Conversation(f"c{number}", (asked, Message("assistant", f"Parcel {number}: {words}.")))


def fill(workspace: Workspace, count: int = 80) -> None:
    with workspace.open_store() as store:
        store.add_conversations(map(talk, range(count)), source=SOURCE)


def rounds_at(workspace: Workspace, clock: Clock) -> RoundStore:
    rounds = workspace.open_rounds()
    rounds.now = clock
    return rounds


def test_a_schedule_queues_one_round_a_moment_with_its_preflight(tmp_path: Path) -> None:
    workspace, clock = make_workspace(tmp_path, settings=NIGHTLY), Clock()
    fill(workspace)
    with rounds_at(workspace, clock) as rounds:
        (first,) = check_due(workspace, rounds, offers=load_plugins([]))
        assert (first.state, rounds.last_due("tea")) == ("skipped", clock.time)  # looked at for the first time
        assert Newsroom(rounds.database, now=clock).take("webhook") == []
        clock.time += timedelta(days=3)
        (queued,) = check_due(workspace, rounds, offers=load_plugins([]))
        assert (queued.state, queued.due_at) == ("queued", datetime(2026, 5, 9, 3, tzinfo=UTC))
        assert queued.reason.startswith("80 new examples. About 64 examples, ")
        assert queued.options["preflight"]["examples"] == 64
        assert check_due(workspace, rounds, offers=load_plugins([])) == []


def test_nothing_new_is_one_skipped_row_a_moment_and_people_hear_it(tmp_path: Path) -> None:
    workspace, clock = make_workspace(tmp_path, settings=NIGHTLY), Clock()
    fill(workspace, 3)
    with rounds_at(workspace, clock) as rounds:
        for _ in range(3 * 24):
            check_due(workspace, rounds, offers=load_plugins([]))
            clock.time += timedelta(hours=1)
        skipped = [r for r in rounds.all("tea") if r.due_at and r.due_at.hour == 3]
        assert [r.state for r in skipped] == ["skipped"] * 3
        assert skipped[0].reason.startswith("3 new conversations since the last dataset, 25 are wanted")
        assert len(Newsroom(rounds.database, now=clock).all()) == 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('recipe = "nix"\n', 'There is no recipe "nix"'),
        ("min_new_examples = 5\n", "About 8 examples, but the recipe needs 40"),
        ("min_new_examples = 5\nprice_per_hour = 1e6\nbudget = 0.0001\n", "month's budget is 0.0001"),
    ],
)
def test_what_cannot_work_is_refused_before_it_starts(tmp_path: Path, settings: str, said: str) -> None:
    workspace, clock = make_workspace(tmp_path, settings=NIGHTLY + settings), Clock()
    fill(workspace, 10 if "min" in settings else 80)
    with rounds_at(workspace, clock) as rounds:
        check_due(workspace, rounds, offers=load_plugins([]))
        clock.time += timedelta(days=1)
        (refused,) = check_due(workspace, rounds, offers=load_plugins([]))
        assert refused.state == "skipped"
        assert said in refused.reason


def test_outside_its_window_a_round_waits_and_one_by_hand_does_not(tmp_path: Path) -> None:
    workspace, clock = make_workspace(tmp_path, settings='[styles.tea]\nwindow = "22:00-06:00"\n'), Clock()
    with rounds_at(workspace, clock) as rounds:
        worker = make_worker(workspace, rounds)
        rounds.queue_due("tea", recipe="r", due_at=clock.time, origin="schedule", reason="", options={})
        assert worker.run_one() is None
        rounds.queue("tea", recipe="r")
        by_hand = worker.run_one()
        assert by_hand is not None
        assert (by_hand.origin, by_hand.state) == ("hand", "waiting")
        clock.time = clock.time.replace(hour=23)
        due = worker.run_one()
        assert due is not None
        assert (due.origin, due.state) == ("schedule", "waiting")


def test_a_used_up_budget_stops_training_until_next_month(tmp_path: Path) -> None:
    settings = "[styles.tea]\nbudget_hours = 1.0\n"
    workspace, clock = make_workspace(tmp_path, settings=settings, steps=4000, seconds=40), Clock()
    with rounds_at(workspace, clock) as rounds:
        worker = make_worker(workspace, rounds)
        queued = rounds.queue_due("tea", recipe="r", due_at=clock.time, origin="schedule", reason="", options={})
        assert queued is not None
        spending = threading.Thread(target=_spend, args=(workspace, rounds, queued.id))
        spending.start()
        stopped = worker.run_one()
        spending.join()
        assert stopped is not None
        assert (stopped.state, stopped.owner) == ("curated", None)
        assert stopped.not_before == datetime(2026, 6, 1, tzinfo=UTC)
        assert "budget is 1 hours" in rounds.events(queued.id)[-1].message
        assert worker.run_one() is None


def _spend(workspace: Workspace, rounds: RoundStore, round_id: str) -> None:
    while not lines(workspace, round_id, "steps"):
        time.sleep(0.02)
    rounds.beat(rounds.load(round_id), training_seconds=3601)


def test_a_change_of_the_style_is_noticed_and_a_comment_is_not(tmp_path: Path) -> None:
    workspace, clock = make_workspace(tmp_path, settings='[styles.tea]\ntriggers = ["style"]\n'), Clock()
    fill(workspace)
    with rounds_at(workspace, clock) as rounds:
        rounds.queue("tea", recipe="r")
        done = make_worker(workspace, rounds).run_one()
        assert done is not None
        clock.time += timedelta(days=2)
        path = workspace.styles_folder / "tea.toml"
        path.write_text("# a comment\n" + path.read_text())
        assert "new conversations" in find_due(workspace, rounds, "tea", now=clock.time).reason
        path.write_text(path.read_text() + 'banned = ["cheap"]\n')
        assert "file changed" in find_due(workspace, rounds, "tea", now=clock.time).reason


def test_falling_satisfaction_asks_for_a_round(tmp_path: Path) -> None:
    workspace, clock = make_workspace(tmp_path, settings='[styles.tea]\ntriggers = ["satisfaction"]\n'), Clock()
    with workspace.open_store() as store:
        talking = store.open_conversation("slack", "C1", style="tea")
        for days in (40, 3):
            for n in range(12):
                reply = store.append(talking, Message("assistant", "Hello.", voice="tea@1"))
                thumb: Any = "up" if days == 40 and n else "down"
                given = clock.time - timedelta(days=days)
                store.give_feedback(Feedback(str(reply.id), f"p{n}", thumb, given_at=given))
    with rounds_at(workspace, clock) as rounds:
        assert "Satisfaction fell by 0.92" in find_due(workspace, rounds, "tea", now=clock.time).reason


def test_submitters_hear_once_that_their_example_is_in_a_version(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    fill(workspace, 40)
    said = (Message("user", "Where is my tea?"), Message("assistant", "Ahoy! It is on its way to you."))
    with workspace.open_store() as store:
        submitted = store.submit(Submission("sub-1", "tea", "mara", said))
        store.decide(submitted.id, state="approved", reviewer="ada")
    dataset, _ = curate_style(workspace, "tea", offers=load_plugins([]))
    with workspace.open_rounds() as rounds:
        for _ in range(2):
            tell_submitters(workspace, rounds, publish(workspace, dataset.manifest.hash))
        (item,) = Newsroom(rounds.database, now=rounds.now).all()
        assert (item.kind, item.person, item.facts["voice"]) == ("example.learned", "mara", 1)


def publish(workspace: Workspace, dataset: str) -> VoiceVersion:
    staging = workspace.voices.stage("tea")
    facts = {"base": "b", "base_revision": "r", "base_digest": "x", "dataset": dataset, "template_hash": "t"}
    made = Manifest("tea", 0, **facts, recipe={}, seed=0, libraries={}, created_at="2026-01-01T00:00:00")  # type: ignore[arg-type]
    return workspace.voices.publish(staging, made)


def kill_at_random(workspace: Workspace, *, kills: int, seed: int) -> None:
    """Two workers, of which one dies every moment and is started again."""
    chance = random.Random(seed)
    workers = [fork_worker(workspace.root) for _ in range(2)]
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.8))
        unlucky = chance.randrange(2)
        os.kill(workers[unlucky], signal.SIGKILL)
        os.waitpid(workers[unlucky], 0)
        every_visible_voice_is_whole(workspace)
        keep_busy(workspace)
        workers[unlucky] = fork_worker(workspace.root)
    assert [os.waitpid(worker, 0)[1] for worker in workers] == [0, 0]


def keep_busy(workspace: Workspace) -> None:
    with workspace.open_rounds() as rounds:
        for style in STYLES:
            if not any(r.is_open for r in rounds.all(style)):
                rounds.queue(style, recipe="default")


def every_visible_voice_is_whole(workspace: Workspace) -> None:
    for style in workspace.voices.styles():
        for version in workspace.voices.versions(style):
            verify(version)
            assert version.manifest.files


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_and_each_round_ends_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brandvoice.supervisor.LOSSES", 1000)  # so many deaths in a row are no accident elsewhere
    workspace = make_workspace(tmp_path, styles=STYLES, steps=10, seconds=0.4)
    keep_busy(workspace)
    kill_at_random(workspace, kills=100, seed=7)
    with workspace.open_rounds() as rounds:
        queued = rounds.all()
        for round_ in queued:
            _ended_once(workspace, rounds, round_.id)
        for style in STYLES:
            made = Counter(v.manifest.round for v in workspace.voices.versions(style))
            assert made == {r.id: 1 for r in queued if r.style == style}
            assert list((workspace.data / "voices" / style).glob(".staging-*")) == []
        keys = [n.key for n in Newsroom(rounds.database, now=rounds.now).all()]
        assert sorted(k for k in keys if "waiting" in k) == sorted(f"round.waiting:{r.id}" for r in queued)
        assert sum(lost(rounds, r.id) for r in queued) > 20  # the kills did meet rounds that ran


def lost(rounds: RoundStore, round_id: str) -> int:
    return sum(e.kind == "lost" for e in rounds.events(round_id))


def _ended_once(workspace: Workspace, rounds: RoundStore, round_id: str) -> None:
    ended = rounds.load(round_id)
    assert ended.state in {"waiting", "rejected"}, ended  # the newest of its style waits, the older ones gave way
    kinds = Counter(e.kind for e in rounds.events(round_id))
    for step in ("curated", "trained", "evaluated", "waiting"):
        assert kinds[step] == 1, (round_id, kinds)
    steps = [int(n) for n in lines(workspace, round_id, "steps")]
    # A step is repeated only where a kill fell between the checkpoint and our note of it, never skipped or undone.
    assert steps[-1] == 10
    assert all(after - before in {0, 1, 2} for before, after in pairwise(steps)), steps


@pytest.mark.slow
def test_two_workers_on_postgresql_run_fifty_rounds_and_none_twice(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.make_database()
    styles = tuple(f"style{n}" for n in range(10))
    workspace = make_workspace(tmp_path, styles=styles, steps=2, seconds=0.02)
    settings = workspace.root / "brandvoice.toml"
    settings.write_text(settings.read_text().replace('database_url = ""', f'database_url = "{url}"'))
    workspace = Workspace(workspace.root)
    assert workspace.database_url == url
    with workspace.open_rounds() as rounds:
        queued = [rounds.queue(style, recipe="default") for _ in range(5) for style in styles]
    workers = [fork_quick_worker(workspace.root) for _ in range(2)]
    assert [os.waitpid(worker, 0)[1] for worker in workers] == [0, 0]
    with workspace.open_rounds() as rounds:
        for round_ in queued:
            assert len(lines(workspace, round_.id, "runs")) == 1
            kinds = Counter(e.kind for e in rounds.events(round_.id))
            assert all(kinds[step] == 1 for step in ("curated", "trained", "evaluated", "waiting"))
        assert sum(len(workspace.voices.versions(style)) for style in styles) == 50
        ran = Counter(line.split()[0] for r in queued for line in lines(workspace, r.id, "runs"))
        assert set(ran) == {str(worker) for worker in workers}  # both had a share
    postgres.drop_database(url)


def test_a_worker_that_is_asked_to_end_gives_its_round_back(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, steps=4000, seconds=40)
    with workspace.open_rounds() as rounds:
        queued = rounds.queue("tea", recipe="default")
        command = [sys.executable, "-c", RUN_WORKER, str(workspace.root), str(HERE / "scripted_round.py")]
        worker = subprocess.Popen(command, cwd=HERE.parents[1])
        while len(lines(workspace, queued.id, "steps")) < 2:
            time.sleep(0.02)
            assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
        given_back = rounds.load(queued.id)
        assert (given_back.state, given_back.owner) == ("curated", None)
        assert (rounds.folder(queued.id) / "training" / "checkpoint").is_file()


RUN_WORKER = """
import sys
from pathlib import Path
from brandvoice import supervisor
supervisor.Supervisor.__init__.__kwdefaults__["command"] = (sys.executable, sys.argv[2])
from brandvoice.plugins import load_plugins
from brandvoice.worker import run_worker
from brandvoice.workspace import Workspace
run_worker(Workspace(Path(sys.argv[1])), offers=load_plugins([]))
"""
