"""Metrics of the API for Prometheus, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """What is counted. Labels come from fixed sets only: routes, styles, ways to end."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("http_requests", "Requests.", "method", "route", "status")
        self.seconds = self._histogram("http_request_seconds", "Time to the end of the answer.", "route")
        self.first_word = self._histogram("first_word_seconds", "Time to the first word of a reply.", "style")
        self.replies = self._counter("replies", "Replies by how they ended.", "style", "end")
        self.tokens = self._counter("tokens", "Tokens read and written.", "style", "kind")
        self.feedback = self._counter("feedback", "Votes through the API.", "thumb")
        self.open = Gauge("brandvoice_open_replies", "Replies being given or waited for.", registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"brandvoice_{name}", help_, labels, registry=self.registry)

    def _histogram(self, name: str, help_: str, *labels: str) -> Histogram:
        return Histogram(f"brandvoice_{name}", help_, labels, registry=self.registry, buckets=_SECONDS)
