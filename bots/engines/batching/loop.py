"""The thread that owns the model: one step after the other, for everybody who is being answered."""

from __future__ import annotations

import asyncio
import heapq
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Literal

import torch
from torch import Tensor

from bots.engine import Finish, ScoredToken
from bots.engines.batching.outbox import News, deliver
from bots.engines.batching.pace import Pace, Pacer
from bots.engines.batching.prefixes import SHORTEST, PrefixStore
from bots.engines.batching.replies import NO_SLOT, Reply, TurnQueue
from bots.engines.batching.runtime import Row, Runtime, in_order
from bots.engines.batching.sampling import choose
from conversations.errors import EngineError

log = logging.getLogger(__name__)

# What PyTorch and transformers raise when one request is more than a model can take.
_FAULTS = (RuntimeError, ValueError, IndexError, TypeError)


@dataclass(slots=True)
class Counts:
    """What the loop did so far."""

    steps: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    crashes: int = 0


class ModelLoop:
    """Runs replies in one batch that changes from step to step. Other threads only put commands into its queue."""

    def __init__(
        self,
        runtime: Runtime,
        prefixes: PrefixStore,
        *,
        base: str,
        stop_tokens: Iterable[int],
        text_of: Callable[[int], str],
        pace: Pace,
        per_person: int,
        threads: int | None,
    ) -> None:
        self.runtime = runtime
        self.prefixes = prefixes
        self.counts = Counts()
        self.running: list[Reply] = []
        self.waiting = TurnQueue(per_person=per_person)
        self._base = base
        self._stop_tokens = frozenset(stop_tokens)
        self._text_of = text_of
        self._pacer = Pacer(pace)
        self._threads = threads
        self._free = list(range(runtime.cache.slots))
        self._news: list[News] = []
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._closed = False
        self._thread = self._start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def add(self, reply: Reply) -> None:
        """Let a reply be made; its text goes to its outbox."""
        self._commands.put(lambda: self.waiting.add(reply))

    def cancel(self, reply: Reply) -> None:
        """Stop making a reply; its slot is free before the next step."""
        self._commands.put(lambda: self._drop(reply))

    def forget(self, person: str) -> None:
        """Drop what is kept of a person, and keep nothing of what they are being told."""
        self._commands.put(lambda: self._forget(person))

    def close(self) -> None:
        """Stop everything and wait for the thread."""
        self._commands.put(self._stop)
        self._thread.join()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="brandvoice-model", daemon=True)
        thread.start()
        return thread

    def _work(self) -> None:
        if self._threads:
            torch.set_num_threads(self._threads)
        with torch.inference_mode():
            try:
                while not self._closed:
                    self._step()
            finally:
                if not self._closed:
                    self._recover()

    def _recover(self) -> None:
        """After a crash of the loop itself: fail what ran, keep who waits, and go on in a new thread."""
        log.critical("the model's thread crashed with %d answers running; it starts again", len(self.running))
        self.counts.crashes += 1
        for reply in list(self.running):
            self._fail(reply, "The model stopped in the middle of this answer. Please try again.")
        self.prefixes.clear()
        self._deliver()
        self._thread = self._start()

    def _step(self) -> None:
        self._obey(wait=not self.running and not self.waiting)
        self._admit()
        if self.running:
            # Not by the clock: on a machine that others use as well, smaller pieces would only add work.
            started, plan = time.thread_time(), self._plan()
            self._compute(plan)
            read = sum(len(row.tokens) for row in plan if len(row.tokens) > 1)
            self._pacer.took(time.thread_time() - started, tokens=read)
        self._deliver()

    def _obey(self, *, wait: bool) -> None:
        """Carry out the commands that came in; with nothing to do, wait for one."""
        while True:
            try:
                command = self._commands.get(block=wait)
            except Empty:
                return
            command()
            wait = False

    def _admit(self) -> None:
        while self._free and (reply := self.waiting.next(self.running)) is not None:
            reply.slot = heapq.heappop(self._free)  # the lowest: rows that lie together need no gathering
            self.running.append(reply)

    def _plan(self) -> dict[Row, Reply]:
        """One token for everybody who is speaking, then pieces of prompts, first come first served."""
        plan: dict[Row, Reply] = {}
        speaking = sum(reply.pending == 1 for reply in self.running)
        budget = self._pacer.tokens(speaking=speaking, reading=len(self.running) - speaking)
        for reply in self.running:
            if reply.pending > 1 and not budget:
                continue
            if not reply.looked_up:
                self._reuse(reply)
            count = min(reply.pending, budget) if reply.pending > 1 else 1
            budget -= count if reply.pending > 1 else 0
            plan[_row(reply, count)] = reply
        return {row: plan[row] for row in in_order(list(plan))}

    def _reuse(self, reply: Reply) -> None:
        """Begin with what is known of this prompt: of everybody's opening, or of this conversation's last turn."""
        reply.looked_up = True
        scopes = [reply.scope(self._base, shared=True), reply.scope(self._base)]
        match = self.prefixes.longest(scopes, reply.tokens)
        if match.snapshot is not None:
            self.runtime.cache.restore(reply.slot, match.snapshot, length=match.length)
            reply.computed = match.length
        self.counts.reused_tokens += match.length
        self.counts.prompt_tokens += len(reply.tokens) - match.length

    def _compute(self, plan: dict[Row, Reply]) -> None:
        """One forward for all; where it fails, one for each, so that only the culprit fails."""
        rows = list(plan)
        self.counts.steps += 1
        try:
            logits = self.runtime.forward(rows)
        except _FAULTS:
            if len(rows) == 1:
                log.exception("a request failed in the model")
                self._fail(plan[rows[0]], "The model cannot answer this request. Please rephrase it.")
                return
            self.prefixes.clear()  # it may have been memory that was short
            for row in rows:
                self._compute({row: plan[row]})
            return
        self._advance(plan, logits)

    def _advance(self, plan: dict[Row, Reply], logits: Tensor) -> None:
        for row, reply in plan.items():
            reply.computed += len(row.tokens)
            self._share(reply)
        speaking = [reply for row, reply in plan.items() if row.last]
        tokens = choose(logits, [r.chooser for r in speaking])
        for reply, token, scores in zip(speaking, tokens, logits, strict=True):
            if token is None:
                self._fail(reply, "The model computed no valid answer to this request. Please rephrase it.")
            else:
                if reply.likeliest is not None:
                    self._news.append(News(reply.outbox, token=self._scored(reply, token, scores)))
                self._say(reply, token)

    def _scored(self, reply: Reply, token: int, scores: Tensor) -> ScoredToken:
        """The chance that the model itself gave a token, before temperature and the like."""
        chances = scores.log_softmax(dim=-1)
        best, places = chances.topk(min(reply.likeliest or 0, len(chances)))
        others = zip(places.tolist(), best.tolist(), strict=True)
        told = tuple((self._text_of(other), chance) for other, chance in others)
        return ScoredToken(self._text_of(token), float(chances[token]), told)

    def _say(self, reply: Reply, token: int) -> None:
        self.counts.tokens += 1
        reply.said += 1
        if token in self._stop_tokens:
            self._finish(reply, reply.text.finish(), reason="stop")
            return
        reply.tokens.append(token)
        text = reply.text.push(token)
        if reply.text.stopped or reply.full:
            text += reply.text.finish()
            self._finish(reply, text, reason="stop" if reply.text.stopped else "length")
        elif text:
            self._news.append(News(reply.outbox, text))

    def _share(self, reply: Reply) -> None:
        """Keep the opening that everybody's prompts have in common, once it is computed."""
        if not reply.shared or reply.computed < reply.shared:
            return
        opening, scope = reply.tokens[: reply.shared], reply.scope(self._base, shared=True)
        reply.shared = 0
        if len(opening) >= SHORTEST and not self.prefixes.knows(scope, opening):
            self.prefixes.keep(scope, opening, self.runtime.cache.snapshot(reply.slot, len(opening)))

    def _finish(self, reply: Reply, text: str, *, reason: Literal["stop", "length"]) -> None:
        finish = Finish(reason, len(reply.prompt.tokens), reply.said)
        if reply.person and not reply.forgotten and reply.computed >= SHORTEST:
            kept = self.runtime.cache.snapshot(reply.slot, reply.computed)
            self.prefixes.keep(reply.scope(self._base), reply.tokens[: reply.computed], kept)
        self._drop(reply)
        self._news.append(News(reply.outbox, text, finish=finish))

    def _fail(self, reply: Reply, sentence: str) -> None:
        if reply.slot != NO_SLOT:
            self.runtime.cache.wipe(reply.slot, len(reply.tokens))
        self._drop(reply)
        self._news.append(News(reply.outbox, error=EngineError(sentence)))

    def _drop(self, reply: Reply) -> None:
        self.waiting.remove(reply)
        if reply.slot != NO_SLOT:
            self.running.remove(reply)
            heapq.heappush(self._free, reply.slot)
            reply.slot = NO_SLOT

    def _forget(self, person: str) -> None:
        self.prefixes.forget(person)
        for reply in [*self.running, *self.waiting.everyone()]:
            reply.forgotten = reply.forgotten or reply.person == person

    def _stop(self) -> None:
        for reply in [*self.running, *self.waiting.everyone()]:
            self._fail(reply, "The engine was closed.")
        self._deliver()
        self._closed = True

    def _deliver(self) -> None:
        """One call into each event loop per step, whatever the number of replies."""
        if not self._news:
            return
        by_loop: defaultdict[asyncio.AbstractEventLoop, list[News]] = defaultdict(list)
        for news in self._news:
            by_loop[news.outbox.loop].append(news)
        self._news = []
        for loop, news_of_loop in by_loop.items():
            self._call(loop, news_of_loop)

    def _call(self, loop: asyncio.AbstractEventLoop, news: Sequence[News]) -> None:
        try:
            loop.call_soon_threadsafe(deliver, news)
        except RuntimeError:  # the event loop was closed: nobody waits any more
            for reply in [r for r in [*self.running, *self.waiting.everyone()] if r.outbox.loop is loop]:
                self._drop(reply)


def _row(reply: Reply, count: int) -> Row:
    """The next `count` tokens of a reply that are not in the cache yet."""
    end = reply.computed + count
    tokens = tuple(reply.tokens[reply.computed : end])
    return Row(reply.slot, tokens, reply.computed, reply.prompt.adapter, last=end == len(reply.tokens))
