"""The text of one reply as its tokens come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_HALF = "\ufffd"  # what half a character decodes to


class ReplyText:
    """Decodes token by token. Half characters and possible beginnings of stop strings are held back."""

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> None:
        self.stopped = False  # a stop string was found: the reply ends before it
        self._decode = decode
        self._stop = [s for s in stop if s]
        self._said: list[int] = []  # the tokens of the last piece: decoders treat a text's first token differently
        self._said_text = ""
        self._fresh: list[int] = []
        self._held = ""

    def push(self, token: int) -> str:
        """The text that this token makes certain."""
        self._fresh.append(token)
        text = self._decode(self._said + self._fresh)
        if text.endswith(_HALF) or len(text) == len(self._said_text):
            return ""
        self._held += text[len(self._said_text) :]
        self._said, self._fresh = self._fresh, []
        self._said_text = self._decode(self._said)
        return self._release(last=False)

    def finish(self) -> str:
        """What was held back, once no token follows."""
        if self.stopped:
            return ""
        self._held += self._decode(self._said + self._fresh)[len(self._said_text) :]
        self._fresh = []
        return self._release(last=True)

    def _release(self, *, last: bool) -> str:
        cut = min((self._held.find(s) for s in self._stop if s in self._held), default=-1)
        if cut >= 0:
            self.stopped = True
            return self._held[:cut]
        keep = 0 if last else max((_overlap(self._held, s) for s in self._stop), default=0)
        certain, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return certain


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could be the beginning of a stop string."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
