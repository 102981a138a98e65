"""The process in which a round runs: `python -m brandvoice.round_process WORKSPACE ROUND OWNER`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal

# Spinning OpenMP threads starve the bots beside us; this must be set before torch is imported anywhere.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

from conversations.errors import (
    BrandvoiceError,
    CurationRefused,
    NotFound,
    RoundLost,
    SettingsError,
    TrainingStopped,
)

FAULT = "fault.json"
LOG = "log.txt"
DEBUG = "--debug"
ENDED, FAILED, MEMORY, LOST, STOPPED = 0, 1, 14, 15, 75
POINTLESS = (CurationRefused, SettingsError, NotFound)  # trying again would end the same way


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a round's process ended early; `pointless` says that another try would end so too."""

    kind: Literal["refused", "memory"]
    message: str
    pointless: bool = False


def main(words: Sequence[str]) -> int:
    """Run the leased round to its end; the exit status says how it went, and a fault is written beside its logs."""
    from brandvoice.output import hush_libraries
    from brandvoice.plugins import load_plugins
    from brandvoice.round import go_on
    from brandvoice.workspace import Workspace

    root, round_id, owner, *flags = words
    hush_libraries()
    _end_with_parent()
    workspace = Workspace(Path(root))
    try:
        with workspace.open_rounds() as rounds:
            round_ = rounds.load(round_id)
            if round_.owner != owner:
                return LOST
            folder = rounds.folder(round_id)
            sys.excepthook = partial(_unexpected, folder, DEBUG in flags)
            return _run(lambda: go_on(workspace, rounds, round_, offers=load_plugins()), folder=folder)
    except BrandvoiceError as error:
        return _fault(workspace.rounds_folder / round_id, Fault("refused", str(error)), FAILED)


def _run(work: object, *, folder: Path) -> int:
    assert callable(work)
    try:
        work()
    except RoundLost:
        return LOST
    except (TrainingStopped, KeyboardInterrupt):
        return STOPPED
    except BrandvoiceError as error:
        pointless = isinstance(error, POINTLESS)
        return _fault(folder, Fault("refused", str(error), pointless), FAILED)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        return _fault(folder, Fault("memory", str(error) or "no memory left"), MEMORY)
    except OSError as error:
        return _fault(folder, Fault("refused", f"The system refused: {error}."), FAILED)
    return ENDED


def is_out_of_memory(error: BaseException) -> bool:
    """Python's, torch's or CUDA's way of saying that memory is used up, without importing torch."""
    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "out of memory" in said
        or "can't allocate memory" in said
    )


def load_fault(folder: Path) -> Fault | None:
    try:
        return Fault(**json.loads((folder / FAULT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _fault(folder: Path, fault: Fault, status: int) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FAULT).write_text(json.dumps(asdict(fault), ensure_ascii=False), encoding="utf-8")
    return status


def _unexpected(
    folder: Path, debug: bool, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A defect of ours or of a plugin: the log gets the traceback, whoever waits for the round one sentence."""
    if debug:
        sys.__excepthook__(kind, error, trace)
    log = folder / LOG
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as lines:
        lines.writelines(traceback.format_exception(kind, error, trace))
    # What the error says may quote somebody, and the reason of a round is sent about.
    _fault(folder, Fault("refused", f"Something unexpected happened ({kind.__name__}). See {log}."), FAILED)


def _end_with_parent() -> None:
    """Die when the supervisor does, however it died: an orphan would train beside whoever takes the round over."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
