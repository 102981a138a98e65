"""The worker: notices what is due, runs one round at a time, and tells the news."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from logging import getLogger
from typing import TYPE_CHECKING

from brandvoice import due, preflight
from brandvoice.canaries import check_canaries
from brandvoice.erasure import finish_erasures
from brandvoice.evidence import StyleEvidence
from brandvoice.notifying import Messenger
from brandvoice.owners import this_process
from brandvoice.plugins import Offers
from brandvoice.supervisor import Stop, Supervisor
from conversations.errors import BrandvoiceError

if TYPE_CHECKING:
    from brandvoice.due import Due, NotDue, Skip
    from brandvoice.round_store import RoundStore
    from brandvoice.rounds import Round
    from brandvoice.workspace import Workspace

IDLE = 2.0  # seconds between looks for a queued round
CHECK = 60.0  # seconds between looks at schedules and triggers
NICE = 10  # how far training steps back behind people who wait for an answer
TELL = 2.0  # seconds between looks for news

_log = getLogger(__name__)


class Worker:
    """One of any number on one database. `run` returns when `stop` was called, or (`until_idle`) nothing is left.

    `make_supervisor` is for tests: how a leased round is run.
    """

    def __init__(
        self,
        workspace: Workspace,
        rounds: RoundStore,
        *,
        offers: Offers,
        owner: str | None = None,
        make_supervisor: Callable[..., Supervisor] = Supervisor,
        idle: float = IDLE,
        check: float = CHECK,
    ) -> None:
        self.workspace = workspace
        self.rounds = rounds
        self.offers = offers
        self.owner = owner or this_process()
        self.supervisor = make_supervisor(workspace, rounds, why_stop=self._why_stop, to_log=True)
        self.messenger = Messenger(workspace, rounds, offers=offers)
        self._idle, self._check = idle, check
        self._ended = threading.Event()

    def stop(self, reason: str = "the worker was asked to end") -> None:
        self._ended.set()
        self.supervisor.stop(reason)

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped. What fails with a sentence is logged and tried again; the worker goes on."""
        telling = threading.Thread(target=self._tell, name="news", daemon=True)
        telling.start()
        checked: float | None = None
        while not self._ended.is_set():
            try:
                moment = self.rounds.now().timestamp()
                if checked is None or moment - checked >= self._check:
                    checked = moment
                    check_due(self.workspace, self.rounds, offers=self.offers)
                    check_canaries(self.workspace, self.rounds)
                if self.run_one() is None:
                    if until_idle:
                        break
                    self._ended.wait(self._idle)
            except BrandvoiceError as error:
                _log.warning("worker: %s", error)
                self._ended.wait(self._idle)
        self._ended.set()
        telling.join(timeout=30)

    def run_one(self) -> Round | None:
        """Claim the next round that may run now and take it as far as it goes; None when there is none."""
        claimed = self.rounds.claim(self.owner, allowed=self._may_run)
        if claimed is None:
            return None
        _log.info("%s goes on from %s", claimed.id, claimed.state)
        done = self.supervisor.run(claimed)
        _log.info("%s is %s%s", done.id, done.state, f": {done.reason}" if done.reason else "")
        return done

    def _may_run(self, round_: Round) -> bool:
        return self._closed(round_) is None

    def _why_stop(self, round_: Round) -> Stop | None:
        return self._closed(round_) if round_.state == "curated" else None

    def _closed(self, round_: Round) -> Stop | None:
        """Why a round may not train at this moment; what people start by hand may always."""
        settings, now = self.workspace.settings.style(round_.style), self.rounds.now()
        if round_.origin in {"hand", "api"} or round_.state not in {"queued", "curated"}:
            return None
        if not settings.may_train(now):
            opens = settings.window_begin(now)
            return Stop(f"training may run again from {opens.astimezone(settings.zone):%H:%M} (window)", opens - now)
        used = preflight.used_hours(self.rounds, settings, round_.style)
        if refusals := preflight.over_budget(settings, used_hours=used, needed_hours=0.0):
            next_month = preflight.next_month_begin(settings, now)
            return Stop(f"{refusals[0]} It goes on next month", next_month - now)
        return None

    def _tell(self) -> None:
        while not self._ended.wait(TELL):
            try:
                self.messenger.tell()
            except BrandvoiceError as error:
                _log.warning("news: %s", error)
        self.messenger.tell()


def check_due(workspace: Workspace, rounds: RoundStore, *, offers: Offers) -> list[Round]:
    """Queue, or skip with the reason, what is due at this moment, over all styles that run by themselves."""
    with workspace.open_store() as store:
        finish_erasures(workspace, store)  # chat and HTTP forget people in the store alone
    noted = []
    for style, settings in workspace.settings.styles.items():
        if not settings.runs_by_itself:
            continue
        try:
            found = find_due(workspace, rounds, style, now=rounds.now())
            noted.append(note_due(workspace, rounds, style, found=found, offers=offers))
        except BrandvoiceError as error:  # one broken style leaves the others alone
            _log.warning("%s: %s", style, error)
    return [r for r in noted if r]


def find_due(
    workspace: Workspace, rounds: RoundStore, style: str, *, now: datetime, asked: bool = False
) -> Due | Skip | NotDue:
    """What to do about one style at a moment."""
    past = due.Past(rounds.last_due(style), rounds.latest(style))
    evidence = StyleEvidence(workspace, rounds, style, now=now)
    return due.decide(workspace.settings.style(style), evidence, past=past, now=now, asked=asked)


def note_due(
    workspace: Workspace,
    rounds: RoundStore,
    style: str,
    *,
    found: Due | Skip | NotDue,
    offers: Offers,
    recipe: str | None = None,
) -> Round | None:
    """The row of a due moment: a queued round with its preflight, or a skipped one with its reason."""
    recipe = recipe or workspace.settings.style(style).recipe
    if isinstance(found, due.NotDue):
        return None
    if isinstance(found, due.Skip):
        return rounds.skip_due(
            style, recipe=recipe, due_at=found.at, origin=found.origin, reason=found.reason, quietly=found.quietly
        )
    flight = preflight.fly(workspace, rounds, style, recipe=recipe, offers=offers)
    if flight.refusals:
        reason = " ".join(flight.refusals)
        return rounds.skip_due(style, recipe=recipe, due_at=found.at, origin=found.origin, reason=reason)
    reason = f"{found.reason} {flight.words}"
    options = {"preflight": flight.facts()}
    return rounds.queue_due(style, recipe=recipe, due_at=found.at, origin=found.origin, reason=reason, options=options)


def run_worker(workspace: Workspace, *, offers: Offers, until_idle: bool = False, embedded: bool = False) -> None:
    """Work in this process until SIGTERM or Ctrl-C: the round then saves a checkpoint and its lease is given back.

    `embedded`: beside bots, which go before us, and no longer than their process holds our standard input open.
    """
    with workspace.open_rounds() as rounds:
        worker = Worker(workspace, rounds, offers=offers)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if embedded:
            os.nice(NICE)
            threading.Thread(target=_end_with_input, args=(worker,), name="end-with-parent", daemon=True).start()
        worker.run(until_idle=until_idle)


def _end_with_input(worker: Worker) -> None:
    while os.read(0, 4096):
        pass
    worker.stop("the serving process is gone")


__all__ = ["Worker", "check_due", "find_due", "note_due", "run_worker"]
