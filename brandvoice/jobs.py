"""Jobs of the HTTP API, as rounds."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from bots.http.jobs import JobCheckpoint, JobEvent, JobFacts, JobStatus, Wish
from brandvoice import steps
from brandvoice.intake import import_path
from brandvoice.plugins import load_plugins
from brandvoice.round_store import RoundStore
from conversations.errors import ImportRefused, NotFound

if TYPE_CHECKING:
    from brandvoice.rounds import Round, State
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore
    from styles.voices import VoiceVersion

COMMAND: Final = (sys.executable, "-c", "from brandvoice.cli import main; main()")
SHOWN: Final = 20  # refused lines that are told as events
_STATUS: Final[dict[State, JobStatus]] = {
    "waiting": "succeeded",
    "promoted": "succeeded",
    "rejected": "succeeded",  # it is trained and can be heard; the gate keeps it from speaking to everybody
    "failed": "failed",
    "skipped": "failed",
    "cancelled": "cancelled",
}
_OVER: Final[frozenset[JobStatus]] = frozenset({"succeeded", "failed", "cancelled"})
_LEVELS: Final[dict[str, Literal["info", "warn", "error"]]] = {
    "failed": "error",
    "rejected": "warn",
    "memory": "warn",
    "lost": "warn",
    "refused": "warn",
}


class JobWorker:
    """A worker that is started when a job waits for one, and ends when there is nothing left to do."""

    def __init__(self, workspace: Workspace) -> None:
        self._words = (*COMMAND, "--workspace", str(workspace.root), "worker", "--until-idle", "--embedded")
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def wake(self) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._let_go()
                # It holds its standard input open as long as we live, and stops at a checkpoint when we do not.
                self._process = subprocess.Popen(self._words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def close(self) -> None:
        """Let what runs save a checkpoint; the next server goes on with it."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
        self._process = None


class RoundJobs:
    """Fills in `bots.http.jobs.Jobs`. Without a worker of its own, rounds wait for `brandvoice worker`."""

    def __init__(self, workspace: Workspace, store: ConversationStore, *, worker: JobWorker | None = None) -> None:
        self._workspace = workspace
        self._store = store
        self._rounds = RoundStore(store.database, workspace.rounds_folder)
        self._worker = worker
        self._wake(*self._rounds.all())

    def start(self, wish: Wish) -> str:
        """See `Jobs`. What cannot work is refused before anything comes in."""
        offers, style = load_plugins(), wish.style
        self._workspace.style(style)
        recipe = self._workspace.settings.style(style).recipe
        steps.find_recipe(self._workspace, recipe, offers=offers)
        importers = [i for i in offers.list("importers") if not i.needs_speakers]
        intake = import_path(
            wish.path, store=self._store, importers=importers, style=style, basis=wish.basis, owner=wish.asked_by
        )
        if not intake.read:
            faults = "; ".join(f"{r.place}: {r.reason}" for r in intake.refused[:3])
            raise ImportRefused(f"Nothing in the file can be learned from. {faults}".strip())
        queued = self._rounds.queue(
            style, recipe=recipe, origin="api", asked_by=wish.asked_by, options=dict(wish.changes)
        )
        self._rounds.tell(
            queued.id, "note", f"{intake.read} conversations came in; lines refused: {len(intake.refused)}."
        )
        for refused in intake.refused[:SHOWN]:
            self._rounds.tell(queued.id, "refused", f"{refused.place}: {refused.reason}")
        self._wake(queued)
        return queued.id

    def facts(self, round_id: str) -> JobFacts:
        """See `Jobs`."""
        found = self._rounds.load(round_id)
        self._wake(found)
        status = _status(found)
        voice = self._voice(found)
        return JobFacts(
            status="queued" if status == "running" and found.paused else status,
            finished_at=found.changed_at if status in _OVER else None,
            voice=voice.reference if voice else None,
            trained_tokens=int(voice.manifest.training.get("tokens", 0)) if voice else None,
            reason=found.reason,
            paused=found.paused,
        )

    def events(self, round_id: str) -> Sequence[JobEvent]:
        """See `Jobs`."""
        return [
            JobEvent(e.number, e.at, _LEVELS.get(e.kind, "info"), e.message, _numbers(e.details))
            for e in reversed(self._rounds.events(round_id))
        ]

    def checkpoints(self, round_id: str) -> Sequence[JobCheckpoint]:
        """See `Jobs`."""
        voice = self._voice(self._rounds.load(round_id))
        if voice is None:
            return []
        training = voice.manifest.training
        made_at = datetime.fromisoformat(voice.manifest.created_at).astimezone(UTC)
        loss = training.get("holdout_loss")
        metrics = {} if loss is None else {"full_valid_loss": float(loss)}
        return [JobCheckpoint(voice.reference, made_at, int(training.get("steps", 0)), metrics)]

    def cancel(self, round_id: str, *, who: str) -> None:
        self._rounds.cancel(round_id, who=who)

    def pause(self, round_id: str, *, who: str) -> None:
        self._rounds.pause(round_id, who=who)

    def resume(self, round_id: str, *, who: str) -> None:
        self._rounds.resume(round_id, who=who)
        self._wake(self._rounds.load(round_id))

    def close(self) -> None:
        """See `Jobs`."""
        if self._worker is not None:
            self._worker.close()

    def _wake(self, *rounds: Round) -> None:
        """Have somebody work where a job waits; a worker that is there already takes it as well."""
        if self._worker is not None and any(r.origin == "api" and r.is_open and not r.paused for r in rounds):
            self._worker.wake()

    def _voice(self, found: Round) -> VoiceVersion | None:
        """The version that a round made; None also when somebody deleted it."""
        if found.voice is None:
            return None
        try:
            return self._workspace.voices.version(found.style, found.voice)
        except NotFound:
            return None


def _numbers(details: Any) -> dict[str, Any]:
    """What clients chart: OpenAI's names for the step and its losses."""
    if "step" not in details:
        return {}
    named = {"step": "step", "steps": "total_steps", "epoch": "epoch", "loss": "train_loss"}
    named["holdout_loss"] = "full_valid_loss"
    return {named[name]: value for name, value in details.items() if name in named and value is not None}


def _status(round_: Round) -> JobStatus:
    """A round that ends with its voice trained has succeeded too."""
    if round_.state in _STATUS:
        return _STATUS[round_.state]
    if round_.state == "trained" and not round_.is_open:
        return "succeeded"
    return "running" if round_.owner or round_.state != "queued" else "queued"
