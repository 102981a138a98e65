"""The worker beside the platforms of `brandvoice serve`, in a process of its own, started again when it dies."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from brandvoice.supervisor import GRACE

if TYPE_CHECKING:
    from bots.assistant import Assistant
    from bots.contributions import Contributions

PROGRAM = "from brandvoice.cli import main; main()"
PAUSE = 5.0  # seconds before a worker that died is started again

_log = getLogger(__name__)


class EmbeddedWorker:
    """Runs like a platform: until it is cancelled, and then the worker gives its round back and ends."""

    name = "rounds"

    def __init__(self, root: Path) -> None:
        self.command = (sys.executable, "-c", PROGRAM, "--workspace", str(root), "worker", "--embedded")

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        while True:
            worker = await asyncio.create_subprocess_exec(*self.command, stdin=asyncio.subprocess.PIPE)
            _log.info("rounds run in process %s", worker.pid)
            try:
                status = await worker.wait()
            except asyncio.CancelledError:
                await _end(worker)
                raise
            _log.warning("the worker ended with status %s and is started again", status)
            await asyncio.sleep(PAUSE)


async def _end(worker: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        worker.send_signal(signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE + 10):
            await worker.wait()
            return
    with suppress(ProcessLookupError):
        worker.kill()
