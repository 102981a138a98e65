"""What becomes of a round whose process ends, dies, runs out of memory or is asked to stop."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brandvoice.decisions import decide
from brandvoice.jobs import RoundJobs
from brandvoice.news import Newsroom
from brandvoice.owners import this_process
from brandvoice.round_store import RoundStore
from brandvoice.rounds import Round
from brandvoice.supervisor import TRIES, Stop, Supervisor, run_here
from brandvoice.workspace import Workspace
from conversations.errors import RoundRefused, VoiceRefused
from tests.brandvoice.scripted import COMMAND, lines, make_workspace, write_script


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path)


@pytest.fixture
def rounds(workspace: Workspace) -> Iterator[RoundStore]:
    with workspace.open_rounds() as opened:
        yield opened


def supervise(workspace: Workspace, rounds: RoundStore, **options: object) -> Round:
    claimed = rounds.claim(this_process(), allowed=lambda _: True)
    assert claimed is not None
    return Supervisor(workspace, rounds, command=COMMAND, to_log=True, **options).run(claimed)  # type: ignore[arg-type]


def soon(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def wait_for_training(workspace: Workspace, round_id: str, *, beyond: int = 0) -> None:
    soon(lambda: len(lines(workspace, round_id, "steps")) > beyond + 1)


def test_a_round_runs_to_its_decision_and_a_person_takes_it_once(workspace: Workspace, rounds: RoundStore) -> None:
    queued = rounds.queue("tea", recipe="default")
    waiting = supervise(workspace, rounds)
    assert (waiting.state, waiting.voice, waiting.owner) == ("waiting", 1, None)
    assert workspace.voices.current("tea") is None
    done = decide(workspace, rounds, queued.id, who="ada", verdict="approve")
    assert (done.state, done.reason) == ("promoted", "approved by ada")
    current = workspace.voices.current("tea")
    assert current is not None
    assert current.manifest.number == 1
    with pytest.raises(RoundRefused, match="promoted: approved by ada"):
        decide(workspace, rounds, queued.id, who="bob", verdict="reject")
    assert [e.kind for e in rounds.events(queued.id)] == [
        "queued",
        "curated",
        "trained",
        "evaluated",
        "waiting",
        "promoted",
    ]


def test_where_nothing_is_promoted_a_voice_that_passes_stays_a_candidate_and_nobody_is_asked(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "never", settings='[styles.tea]\npromote = "never"\n')
    with workspace.open_rounds() as rounds:
        rounds.queue("tea", recipe="default")
        done = supervise(workspace, rounds)
        assert (done.state, done.is_open, done.voice, done.owner) == ("trained", False, 1, None)
        assert done.reason == 'It passes. Kept as a candidate, since promote = "never".'
        assert rounds.claim("another") is None
        assert rounds.waiting() == []
        assert Newsroom(rounds.database, now=rounds.now).all(round_id=done.id) == []
    assert workspace.voices.version("tea", 1).state == "candidate"
    assert workspace.voices.current("tea") is None
    with workspace.open_store() as store:
        job = RoundJobs(workspace, store).facts(done.id)
    assert (job.status, job.finished_at, job.voice) == ("succeeded", done.changed_at, "tea@1")


def test_a_newer_round_takes_the_place_of_one_that_waits(workspace: Workspace, rounds: RoundStore) -> None:
    first = rounds.queue("tea", recipe="default")
    supervise(workspace, rounds)
    rounds.queue("tea", recipe="default")
    second = supervise(workspace, rounds)
    with pytest.raises(RoundRefused, match="took its place"):
        decide(workspace, rounds, first.id, who="ada", verdict="approve")
    assert decide(workspace, rounds, second.id, who="ada", verdict="reject", reason="too stiff").state == "rejected"
    assert workspace.voices.version("tea", 2).state == "rejected"


def test_a_voice_that_the_gate_refused_since_is_approved_only_with_a_reason_that_is_kept(
    workspace: Workspace, rounds: RoundStore
) -> None:
    queued = rounds.queue("tea", recipe="default")
    supervise(workspace, rounds)
    refused = {"verdict": {"passed": False, "words": "It overshoots."}}
    workspace.voices.save_scores(workspace.voices.version("tea", 1), refused)
    with pytest.raises(VoiceRefused, match=r"did not pass tea@1\. It overshoots"):
        decide(workspace, rounds, queued.id, who="ada", verdict="approve")
    assert rounds.load(queued.id).state == "waiting"
    decide(workspace, rounds, queued.id, who="ada", verdict="approve", reason="for the fair")
    with workspace.open_store() as store:
        (line,) = store.audit("tea@1")
    assert (line.who, line.details["reason"], line.details["version"]) == ("ada", "for the fair", 1)


def test_a_voice_that_was_rejected_otherwise_makes_its_round_stale(workspace: Workspace, rounds: RoundStore) -> None:
    queued = rounds.queue("tea", recipe="default")
    supervise(workspace, rounds)
    workspace.voices.reject("tea", 1, who="bob", reason="no")
    with pytest.raises(RoundRefused, match="stale: tea@1 is rejected"):
        decide(workspace, rounds, queued.id, who="ada", verdict="approve")
    assert rounds.load(queued.id).state == "waiting"


@pytest.mark.parametrize("fault", ["memory", "killed"])
def test_without_memory_the_batch_is_halved_and_it_says_so(
    workspace: Workspace, rounds: RoundStore, fault: str
) -> None:
    write_script(workspace.root, fault=fault, faults=2)
    queued = rounds.queue("tea", recipe="default")
    assert supervise(workspace, rounds).state == "waiting"
    assert [line.split()[1] for line in lines(workspace, queued.id, "runs")] == ["0", "1", "2"]
    said = [e.message for e in rounds.events(queued.id) if "Memory ran out" in e.message]
    assert ["divided by 2," in said[0], "divided by 4," in said[1]] == [True, True]


def test_a_step_that_fails_three_times_ends_the_round_with_its_reason(workspace: Workspace, rounds: RoundStore) -> None:
    write_script(workspace.root, fault="full", faults=9)
    queued = rounds.queue("tea", recipe="default")
    for n in range(1, TRIES):
        tried = supervise(workspace, rounds)
        assert (tried.state, tried.attempts) == ("curated", {"curated": n})
        assert rounds.claim("other") is None  # it rests before the next try
        rounds.release(tried, not_before=None)
    failed = supervise(workspace, rounds)
    assert (failed.state, failed.reason) == ("failed", "The disk is full.")
    write_script(workspace.root)
    rounds.resume(queued.id, who="ada")
    assert supervise(workspace, rounds).state == "waiting"


def test_a_defect_ends_with_where_to_look_and_what_is_pointless_is_not_tried_again(
    workspace: Workspace, rounds: RoundStore
) -> None:
    write_script(workspace.root, fault="error", faults=1)
    rounds.queue("tea", recipe="default")
    tried = supervise(workspace, rounds)
    log = workspace.rounds_folder / tried.id / "log.txt"
    assert tried.reason == f"Something unexpected happened (ZeroDivisionError). See {log}."
    assert "Traceback" in log.read_text()
    rounds.cancel(tried.id, who="ada")
    write_script(workspace.root, nothing=True)
    rounds.queue("tea", recipe="default")
    assert supervise(workspace, rounds).reason == "Nothing is left."


@pytest.mark.parametrize("debug", [False, True])
def test_a_traceback_is_shown_only_to_who_asked_for_it(
    workspace: Workspace,
    rounds: RoundStore,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    debug: bool,
) -> None:
    monkeypatch.setattr("sys.argv", ["brandvoice", "round", "tea", *["--debug"] * debug])
    write_script(workspace.root, fault="error", faults=1)
    queued = rounds.queue("tea", recipe="default")
    claimed = rounds.claim(this_process(), allowed=lambda _: True)
    assert claimed is not None
    failed = Supervisor(workspace, rounds, command=COMMAND, tries=1).run(claimed)
    assert "log.txt" in failed.reason
    assert "ZeroDivisionError" in (workspace.rounds_folder / queued.id / "log.txt").read_text()
    assert ("Traceback" in capfd.readouterr().err) == debug


def test_cancelling_and_pausing_stop_the_process_within_seconds(workspace: Workspace, rounds: RoundStore) -> None:
    write_script(workspace.root, steps=4000, seconds=40)
    queued = rounds.queue("tea", recipe="default")
    result: list[Round] = []

    def run() -> None:
        result.append(supervise(workspace, rounds))

    for act in (rounds.pause, rounds.cancel):
        made_before = len(lines(workspace, queued.id, "steps"))
        running = threading.Thread(target=run)
        running.start()
        wait_for_training(workspace, queued.id, beyond=made_before)
        act(queued.id, who="ada")
        running.join(timeout=20)
        assert not running.is_alive()
        if act == rounds.pause:
            assert (result[-1].state, result[-1].owner, result[-1].paused) == ("curated", None, True)
            rounds.resume(queued.id, who="ada")
    assert result[-1].state == "cancelled"
    trained = [int(n) for n in lines(workspace, queued.id, "steps")]
    assert trained == sorted(set(trained))  # it went on from its checkpoint, and no step ran twice


def test_a_reason_to_stop_gives_the_round_back_for_later(workspace: Workspace, rounds: RoundStore) -> None:
    write_script(workspace.root, steps=4000, seconds=40)
    queued = rounds.queue("tea", recipe="default")
    stop = lambda r: Stop("the window closes") if lines(workspace, r.id, "steps") else None  # noqa: E731
    stopped = supervise(workspace, rounds, why_stop=stop)
    assert (stopped.state, stopped.owner) == ("curated", None)
    assert rounds.events(queued.id)[-1].message == "Stopped: the window closes."


def test_a_process_dies_with_its_supervisor(workspace: Workspace, rounds: RoundStore) -> None:
    write_script(workspace.root, steps=4000, seconds=40)
    queued = rounds.queue("tea", recipe="default")
    parent = os.fork()
    if parent == 0:
        with workspace.open_rounds() as own:
            supervise(workspace, own)
        os._exit(0)
    wait_for_training(workspace, queued.id)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    child = int(lines(workspace, queued.id, "runs")[0].split()[0])
    soon(lambda: not _runs(child))
    assert rounds.claim(this_process()) is not None  # at once: the owner was of this machine, and is gone


def test_by_hand_a_failure_is_told_at_once(
    workspace: Workspace, rounds: RoundStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brandvoice.supervisor.COMMAND", COMMAND)
    monkeypatch.setattr(
        Supervisor.__init__, "__kwdefaults__", {**Supervisor.__init__.__kwdefaults__, "command": COMMAND}
    )
    write_script(workspace.root, fault="full", faults=1)
    queued = rounds.queue("tea", recipe="default", paused=True)
    claimed = rounds.claim(this_process(), only=queued.id)
    assert claimed is not None
    with pytest.raises(RoundRefused, match=f"disk is full.\nGo on later with: brandvoice rounds resume {queued.id}"):
        run_here(workspace, rounds, claimed)


def _runs(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
