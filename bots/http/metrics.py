"""Metrics of the API for Prometheus, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bots.engine import Engine, Measured

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

    def watch(self, engine: Callable[[], Engine]) -> None:
        """Tell how busy an engine is, as it is whenever somebody asks."""
        self.registry.register(_EngineGauges(engine))

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"brandvoice_{name}", help_, labels, registry=self.registry)

    def _histogram(self, name: str, help_: str, *labels: str) -> Histogram:
        return Histogram(f"brandvoice_{name}", help_, labels, registry=self.registry, buckets=_SECONDS)


class _EngineGauges(Collector):
    """What an engine is doing at the moment of asking; nothing of one that cannot tell."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        engine = self._engine()
        if not isinstance(engine, Measured):
            return
        now = engine.workload()
        yield _gauge("running", "Answers that the engine gives.", now.running)
        yield _gauge("waiting", "Answers that wait for a place in the engine.", now.waiting)
        yield _gauge("places", "Answers that the engine can give at once.", now.places)
        yield _gauge("voices", "LoRA adapters that are loaded.", now.voices)
        yield _gauge("away", "1 while another engine answers in its place.", now.away)
        restarts = "Restarts of what runs the model, after a crash."
        yield CounterMetricFamily("brandvoice_engine_restarts", restarts, value=now.restarts)

    def describe(self) -> Iterator[Metric]:
        """Nothing is promised beforehand: what there is depends on the engine."""
        return iter(())


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"brandvoice_engine_{name}", help_, value=value)
