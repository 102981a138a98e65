"""Start-up: wall time of the commands that people wait for. `python -m benchmarks.startup [RUNS]`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {"brandvoice --help": ["--help"], "brandvoice voices list": ["voices", "list"], "python -c pass": []}


def seconds(words: list[str], *, folder: str) -> float:
    brandvoice = [str(Path(sys.executable).with_name("brandvoice")), *words]
    command = brandvoice if words else [sys.executable, "-c", "pass"]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [str(Path(sys.executable).with_name("brandvoice")), "init"], cwd=folder, check=True, capture_output=True
        )
        for name, words in COMMANDS.items():
            taken = [seconds(words, folder=folder) for _ in range(runs)]
            print(f"{name:24} median {statistics.median(taken):.3f} s  (best {min(taken):.3f}, of {runs})")


if __name__ == "__main__":
    main()
