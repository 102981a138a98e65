"""Curation: messages a second and memory, step by step, and beside data-juicer and datatrove on the same messages.

`python -m benchmarks.curation [MESSAGES…]`; 10,000 and 40,000 unless told. BRANDVOICE_CORPORA names a folder of
`*.jsonl.xz` conversations; without it the bundled ones are repeated with other words. BRANDVOICE_PEERS names a folder
with two virtual environments, `data-juicer` (py-data-juicer 1.6.1) and `datatrove` (0.10.1 with xxhash<4).
"""

from __future__ import annotations

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
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from brandvoice import demo_data
from conversations.messages import Conversation, Message
from conversations.sources import Source
from styles.curation import Limits, Step, Survey, curate, each
from styles.quality import repair_text
from styles.repetition import study_near_copies
from styles.steps import builtin_steps, hide_private, refuse_long_turns, refuse_secrets, study_duplicates
from tests.styles.material import DAY

SOURCE = Source("log", "harbor", "openai", "log.jsonl", "own-content", True, DAY, owner="bench")


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


def measure(messages: int, peers_work: bool = False) -> None:
    """In a process of its own, so that the peak of memory is this run's; the making of the messages counts as well."""
    limits = Limits(near_copy_from=0.6)
    steps = list(builtin_steps(limits))
    if peers_work:
        steps = [
            each("encoding", repair_text),
            each("length", partial(refuse_long_turns, limits=limits)),
            each("secrets", refuse_secrets),
            Step("privacy", hide_private, local=True),
            Survey("duplicates", lambda _: study_duplicates()),
            Survey("near copies", partial(study_near_copies, threshold=0.6)),
        ]
    began = last = time.perf_counter()

    def watch(count: object) -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last > 0.05 * (now - began):
            print(f"   {count.step:16} {now - last:7.1f} s  kept {count.kept:,}", flush=True)  # type: ignore[attr-defined]
        last = now

    with tempfile.TemporaryDirectory() as folder:
        result = curate(
            talks(messages),
            limits,
            sources={"log": SOURCE},
            steps=steps,
            folder=Path(folder) / "c",
            processes=2,
            watch=watch,
        )
    seconds = time.perf_counter() - began
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(
        f"ours: {messages:,} messages in {seconds:.1f} s, {messages / seconds:,.0f} a second, at most {peak:.0f} MiB "
        f"a process; {len(result.examples):,} examples of {result.came_in:,}",
        flush=True,
    )


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


def peers(messages: int) -> None:
    """The same messages, one a record, through both peers."""
    root = os.environ.get("BRANDVOICE_PEERS", "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        lines = [json.dumps({"id": c.id, "text": m.content}) + "\n" for c in talks(messages) for m in c.messages]
        (folder / "m.jsonl").write_text("".join(lines))
        for part in (0, 1):
            half = lines[part * len(lines) // 2 : (part + 1) * len(lines) // 2]
            (folder / "in" / f"{part}.jsonl").write_text("".join(half))
        (folder / "dj.yaml").write_text(DATA_JUICER.format(folder=folder))
        (folder / "dt.py").write_text(DATATROVE)
        _peer("datatrove", root, [f"{root}/datatrove/bin/python", f"{folder}/dt.py", str(folder)], messages)
        _peer("data-juicer", root, [f"{root}/data-juicer/bin/dj-process", "--config", f"{folder}/dj.yaml"], messages)


def _peer(name: str, root: str, command: list[str], messages: int) -> None:
    if not root or not Path(command[0]).exists():
        print(f"{name} is not measured: BRANDVOICE_PEERS has no environment of that name")
        return
    began = time.perf_counter()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if ran.returncode:
        print(f"{name} is not measured, it failed: {ran.stderr.strip()[-300:]}")
        return
    print(f"{name}: {messages:,} messages in {seconds:.1f} s, {messages / seconds:,.0f} a second", flush=True)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [10_000, 40_000]
    fresh = multiprocessing.get_context("spawn")
    for size in sizes:
        print(f"every step, {size:,} messages")
        process = fresh.Process(target=measure, args=(size,))
        process.start()
        process.join()
    print("the work that the peers do as well, 40,000 messages")
    process = fresh.Process(target=measure, args=(40_000, True))
    process.start()
    process.join()
    peers(40_000)


if __name__ == "__main__":
    main()
