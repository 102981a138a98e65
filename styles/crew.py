"""The crew: processes that take chunks of drafts through steps which need no other chunk."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from conversations.errors import CurationRefused

Work = Callable[[Any], Any]


class Crew:
    """Processes that were handed one function, and are started before there is work, for starting takes a while."""

    def __init__(self, processes: int, work: bytes) -> None:
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _equip, (work,))
        for _ in range(processes):
            self._pool.submit(os.getpid)

    def map(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """What the function makes of each task, in order. Raises `CurationRefused` when one of the processes dies."""
        try:
            yield from self._pool.map(_work, tasks)
        except BrokenProcessPool as error:
            raise CurationRefused(
                "A process that helps to curate was ended, most often because memory ran out. No dataset was made; "
                "curate again, and it goes on where it was."
            ) from error

    def leave(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def pickled(work: object) -> bytes | None:
    """What is for a crew; None where a plugin's step cannot go to another process."""
    try:
        return pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


_equipment: list[Work] = []


def _equip(work: bytes) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _equipment[:] = [pickle.loads(work)]  # noqa: S301 - from the process that started this one


def _leave_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _work(task: Any) -> Any:
    return _equipment[0](task)
