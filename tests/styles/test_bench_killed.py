"""A curation that is killed goes on where it was, with the same outcome, and leaves no process behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from styles import chunks, curation
from styles.curation import Limits, curate
from styles.steps import builtin_steps
from tests.styles.material import SOURCES
from tests.styles.poison import Maker

WAIT = 60.0


def outcome(folder: Path | None) -> str:
    """A hash of what comes of a curation in small chunks by two processes."""
    talks = Maker(3).clean(1_200)
    limits = Limits()
    result = curate(
        talks, limits, sources=SOURCES, steps=builtin_steps(limits), folder=folder, processes=2 if folder else 1
    )
    return hashlib.sha256(repr((result.examples, tuple(result.dropped), result.counts)).encode()).hexdigest()


def small_chunks() -> None:
    chunks.in_chunks.__defaults__ = (100,)
    chunks.CHUNK = curation.CHUNK = 100
    chunks._HELD = 100_000


def started(folder: Path) -> subprocess.Popen[str]:
    code = (
        "from pathlib import Path; from tests.styles import test_bench_killed as t;"
        f"t.small_chunks(); print(t.outcome(Path({str(folder)!r})))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def wait_until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def done_in(folder: Path) -> int:
    return len([*folder.glob("*/*.fate")])


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(number) for number in listed.split()]


def is_alive(process: int) -> bool:
    path = Path(f"/proc/{process}/stat")
    return path.exists() and path.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_curation_that_is_killed_three_times_comes_to_the_same(tmp_path: Path) -> None:
    folder, orphans = tmp_path / "c", list[int]()
    done = 0
    for _ in range(3):
        process = started(folder)
        wait_until(lambda done=done, process=process: done_in(folder) > done + 1 or process.poll() is not None)  # type: ignore[misc]
        orphans += children_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
        assert done_in(folder) > done
        done = done_in(folder)
    assert orphans
    wait_until(lambda: not any(map(is_alive, orphans)))
    resumed = started(folder)
    assert resumed.communicate(timeout=2 * WAIT)[0].strip() == outcome(None)
