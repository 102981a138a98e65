"""HTTP as a platform: listens, answers, and lets running answers finish when it is stopped."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.http.app import make_app
from bots.http.callers import KeyRing
from bots.http.desk import PLATFORM, Desk
from bots.http.jobs import Jobs
from bots.http.options import Options
from conversations.api_keys import ApiKey, ApiKeyStore
from conversations.errors import SettingsError
from conversations.store import ConversationStore
from conversations.uploads import FileStore

BACKLOG = 2048
log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the platform."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Http:
    """The API on one address."""

    name = PLATFORM

    def __init__(
        self,
        options: Options | None = None,
        *,
        uploads: Path = Path("uploads"),
        keys: Sequence[ApiKey] = (),
        jobs: Callable[[ConversationStore], Jobs] | None = None,
        version: str = "",
    ) -> None:
        self._options = options or Options()
        self._uploads = uploads
        self._keys = keys
        self._jobs = jobs
        self._version = version
        self.address = ""  # where it listens, once it does
        self.desk: Desk | None = None

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled. Raises SettingsError when it may not, or cannot, listen where it is told to."""
        desk = self.desk = self._desk_for(assistant, contributions)
        await desk.keys.refresh()
        if not self._options.is_local and not desk.keys.count:
            raise SettingsError(
                f"[http] host = {self._options.host!r} can be reached from other machines, and there is no key. "
                "Make one: brandvoice keys add NAME --role operator"
            )
        listening = _listen(self._options)
        server = _Server(_config(desk, version=self._version))
        work = asyncio.create_task(server.serve(sockets=[listening]))
        self.address = _address(listening)
        log.info("HTTP: listening on %s", self.address)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await self._drain(desk)
            server.should_exit = True
            await work
            raise
        finally:
            listening.close()
            if desk.jobs is not None:
                await asyncio.to_thread(desk.jobs.close)

    async def _drain(self, desk: Desk) -> None:
        """Tell that no more requests should come, and wait for the answers that are being given."""
        desk.is_draining = True
        if desk.open:
            log.info("HTTP: answers that are still being given: %d", desk.open)
        end = asyncio.get_running_loop().time() + self._options.drain
        while (desk.open or desk.left_behind) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 (once)
            await asyncio.sleep(0.05)

    def _desk_for(self, assistant: Assistant, contributions: Contributions) -> Desk:
        database = contributions.store.database
        return Desk(
            assistant=assistant,
            contributions=contributions,
            keys=KeyRing(ApiKeyStore(database), self._keys),
            files=FileStore(database, self._uploads),
            jobs=self._jobs(contributions.store) if self._jobs else None,
            options=self._options,
        )


def _config(desk: Desk, *, version: str) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(desk, version=version),
        http="httptools",
        ws="none",
        backlog=BACKLOG,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(desk.options.proxies),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,  # answers were waited for before
    )


def _listen(options: Options) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        with ExitStack() as undo:
            undo.callback(listening.close)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)  # whoever connects from here on is answered once the server runs
            undo.pop_all()
    except OSError as error:
        raise SettingsError(
            f"The HTTP API cannot listen on {options.host}:{options.port} ({error.strerror}). "
            "Set another host or port under [http]."
        ) from error
    listening.set_inheritable(False)
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
