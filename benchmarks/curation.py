"""Curation: messages a second and memory, step by step, and beside data-juicer and datatrove on the same messages.

`python -m benchmarks.curation [MESSAGES…] [--no-peers]`; 10,000 and 40,000 unless told. BRANDVOICE_CORPORA names a
folder of `*.jsonl.xz` conversations; without it the bundled ones are repeated with other words. BRANDVOICE_PEERS names
a folder with two virtual environments, `data-juicer` (py-data-juicer 1.6.1, aiohttp) and `datatrove`
(datatrove[io,processing] 0.10.1, xxhash<4, spacy, orjson).
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import lzma
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from brandvoice import demo_data
from conversations.messages import Conversation, Message
from conversations.sources import Source
from styles.curation import Curated, Limits, StepCount, curate
from styles.steps import builtin_steps
from tests.styles.material import DAY

SOURCE = Source("log", "harbor", "openai", "log.jsonl", "own-content", True, DAY, owner="bench")
PROCESSES = 2
PEERS_WORK = ("encoding", "length", "secrets", "privacy", "duplicates", "near copies")
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


def pairs(seed: int = 0) -> Iterator[tuple[str, str]]:
    """Prompts and replies without end: those of the corpora or of the demo, then again with some words changed."""
    source = random.Random(seed)
    known = list(_known())
    source.shuffle(known)
    yield from known
    words = sorted({word for asked, _ in known[:3_000] for word in asked.split()})
    while True:
        asked, said = source.choice(known)
        yield _changed(asked, words, source), _changed(said, words, source)


def _changed(text: str, words: list[str], source: random.Random) -> str:
    found = text.split() or [""]
    for _ in range(max(1, int(len(found) * source.choice((0.02, 0.2, 0.6, 1.0))))):
        found[source.randrange(len(found))] = source.choice(words)
    if source.random() < 0.02:
        found.append(source.choice(("mail kim@example.com", "call +44 20 7946 0958", "ip 203.0.113.7")))
    return " ".join(found)


def _known() -> Iterator[tuple[str, str]]:
    folder = os.environ.get("BRANDVOICE_CORPORA")
    files = sorted(Path(folder).glob("*.jsonl.xz")) if folder else sorted(Path(demo_data.__path__[0]).glob("*.jsonl"))
    for path in files:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
            for line in lines:
                said = [(m["role"], m["content"]) for m in json.loads(line)["messages"]]
                for (role, asked), (other, reply) in itertools.pairwise(said):
                    if (role, other) == ("user", "assistant") and asked.strip() and len(reply) < 1_500:
                        yield asked, reply


def talks(messages: int) -> Iterator[Conversation]:
    made = pairs()
    for number in range(messages // 2):
        asked, said = next(made)
        yield Conversation(f"c{number:07}", (Message("user", asked), Message("assistant", said)), f"l:{number}", "log")


def write(path: Path, messages: int) -> None:
    with path.open("wb") as lines:
        for talk in talks(messages):
            lines.write(orjson.dumps([talk.id, talk.place, [m.content for m in talk.messages]]) + b"\n")


def read(path: Path) -> Iterator[Conversation]:
    with path.open("rb") as lines:
        for line in lines:
            name, place, (asked, said) = orjson.loads(line)
            yield Conversation(name, (Message("user", asked), Message("assistant", said)), place, "log")


def measure(path: Path, messages: int, peers_work: bool = False) -> float:
    """Seconds, in a process of its own, so that the peak of memory is this run's: a file in, kept and dropped out."""
    limits = Limits(near_copy_from=0.6)
    steps = list(builtin_steps(limits))
    if peers_work:
        steps = [step for step in steps if step.name in PEERS_WORK]
    began = last = time.perf_counter()

    def watch(count: StepCount) -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last > 0.05 * (now - began):
            print(f"   {count.step:16} {now - last:7.1f} s  kept {count.kept:,}", flush=True)
        last = now

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "c"
        sources = {"log": SOURCE}
        result = curate(
            read(path), limits, sources=sources, steps=steps, folder=place, processes=PROCESSES, watch=watch
        )
        _save(Path(folder), result)
    seconds = time.perf_counter() - began
    print(
        f"ours: {_told(messages, seconds)}; {_used():.1f} s of processors; at most {_peak():.0f} MiB a process; "
        f"{len(result.examples):,} examples of {result.came_in:,}",
        flush=True,
    )
    return seconds


def _save(folder: Path, result: Curated) -> None:
    with (folder / "kept.jsonl").open("wb") as kept, (folder / "dropped.jsonl").open("wb") as dropped:
        for example in result.examples:
            kept.write(orjson.dumps([example.id, [m.content for m in example.messages], example.redactions]) + b"\n")
        for out in result.dropped:
            dropped.write(orjson.dumps([out.id, out.step, out.reason, out.sentence]) + b"\n")


def _told(messages: int, seconds: float) -> str:
    return f"{messages:,} messages in {seconds:.1f} s, {messages / seconds:,.0f} a second"


def _used() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak() -> float:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


DATA_JUICER = """
project_name: b
dataset_path: {folder}/m.jsonl
export_path: {folder}/dj/m.jsonl
np: 2
open_tracer: false
text_keys: text
process:
  - fix_unicode_mapper:
  - clean_email_mapper: {{repl: '[EMAIL]'}}
  - clean_ip_mapper: {{repl: '[IP]'}}
  - text_length_filter: {{min_len: 5, max_len: 4000}}
  - character_repetition_filter: {{rep_len: 10, max_ratio: 0.6}}
  - document_deduplicator: {{lowercase: true}}
  - document_minhash_deduplicator: {{tokenization: character, window_size: 5, num_permutations: 128,
      jaccard_threshold: 0.6}}
"""
DATATROVE = """
import os, sys
from datatrove.executor import LocalPipelineExecutor as L
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.dedup import MinhashDedupSignature, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.utils.hashing import HashConfig
B = sys.argv[1]
def main():
    c = MinhashConfig(n_grams=3, num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(precision=64))
    n = dict(tasks=2, workers=2)
    L(pipeline=[JsonlReader(B + "/in"), LambdaFilter(lambda d: 5 <= len(d.text) <= 4000), PIIFormatter(),
                JsonlWriter(B + "/s1", compression=None)], logging_dir=B + "/l1", **n).run()
    L(pipeline=[JsonlReader(B + "/s1"), MinhashDedupSignature(output_folder=B + "/sig", config=c)],
      logging_dir=B + "/l2", **n).run()
    L(pipeline=[MinhashDedupBuckets(input_folder=B + "/sig", output_folder=B + "/bk", config=c)], tasks=14, workers=2,
      logging_dir=B + "/l3").run()
    L(pipeline=[MinhashDedupCluster(input_folder=B + "/bk", output_folder=B + "/rm", config=c)], tasks=1,
      logging_dir=B + "/l4").run()
    L(pipeline=[JsonlReader(B + "/s1"), MinhashDedupFilter(input_folder=B + "/rm"),
                JsonlWriter(B + "/out", compression=None)], logging_dir=B + "/l5", **n).run()
if __name__ == "__main__":
    main()
"""


def peers(path: Path, messages: int) -> dict[str, float]:
    """Seconds of both peers for the same messages, one a record; in a process of its own, to count what they use."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # processes that a peer leaves behind are waited for here
    root = os.environ.get("BRANDVOICE_PEERS", "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        lines = [json.dumps({"id": talk.id, "text": m.content}) + "\n" for talk in read(path) for m in talk.messages]
        (folder / "m.jsonl").write_text("".join(lines))
        for part in (0, 1):
            half = lines[part * len(lines) // 2 : (part + 1) * len(lines) // 2]
            (folder / "in" / f"{part}.jsonl").write_text("".join(half))
        (folder / "dj.yaml").write_text(DATA_JUICER.format(folder=folder))
        (folder / "dt.py").write_text(DATATROVE)
        commands = {
            "datatrove": [f"{root}/datatrove/bin/python", f"{folder}/dt.py", str(folder)],
            "data-juicer": [f"{root}/data-juicer/bin/dj-process", "--config", f"{folder}/dj.yaml"],
        }
        taken = {name: _peer(name, root, command, messages) for name, command in commands.items()}
        return {name: seconds for name, seconds in taken.items() if seconds}


def _peer(name: str, root: str, command: list[str], messages: int) -> float:
    if not root or not Path(command[0]).exists():
        print(f"{name} is not measured: BRANDVOICE_PEERS has no environment of that name")
        return 0.0
    began, used = time.perf_counter(), _used()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if ran.returncode:
        print(f"{name} is not measured, it failed: {ran.stderr.strip()[-300:]}")
        return 0.0
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0):
            pass
    print(f"{name}: {_told(messages, seconds)}; {_used() - used:.1f} s of processors", flush=True)
    return seconds


def _alone(run: Callable[..., Any], *arguments: object) -> Any:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(run, *arguments).result()


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [10_000, 40_000]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talks.jsonl"
        for size in sizes:
            _alone(write, path, size)
            print(f"every step, {size:,} messages; load {os.getloadavg()[0]:.1f}", flush=True)
            _alone(measure, path, size)
        if "--no-peers" in sys.argv:
            return
        _alone(write, path, 40_000)
        print(f"the work that the peers do as well, 40,000 messages; load {os.getloadavg()[0]:.1f}", flush=True)
        before = _alone(measure, path, 40_000, True)
        theirs = _alone(peers, path, 40_000)
        ours = (before + _alone(measure, path, 40_000, True)) / 2  # before and after, as the machine may change
        for name, seconds in theirs.items():
            print(f"ours takes {ours:.1f} s, {name} {seconds:.1f} s: {seconds / ours:.1f} times as long")


if __name__ == "__main__":
    main()
