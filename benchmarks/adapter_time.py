"""Time to an adapter: from the command to the saved LoRA adapter on 200 chats, ours and a script with TRL's defaults.

`python -m benchmarks.adapter_time [ROUNDS]` prints a table for two sizes of model. Ours is `brandvoice train` on a
dataset version that is there already: it also checks the data, plans, checkpoints and publishes a candidate. The other
one is what people write first. Both train one epoch, offline, and are run in turn; the fastest of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bases import make_base, talks

CHATS = 200
SIZES = ("10M", "60M")
ROOT = str(Path(__file__).parents[1])
QUIET = {
    **os.environ,
    "PYTHONPATH": ROOT,
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONWARNINGS": "ignore",
}
RECIPE = 'name = "once"\nepochs = 1\nexamples_per_step = 8\nmin_examples = 10\n[replay]\nshare = 0.0\n'
SCRIPT = """
import sys
from datasets import load_dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

base, chats, target = sys.argv[1:]
arguments = SFTConfig(output_dir=target, num_train_epochs=1, use_cpu=True, report_to=[], disable_tqdm=True)
rows = load_dataset("json", data_files=chats, split="train")
trainer = SFTTrainer(base, args=arguments, train_dataset=rows, peft_config=LoraConfig())
trainer.train()
trainer.save_model(target)
"""


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of a command that must succeed."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=QUIET, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return time.perf_counter() - began


def brandvoice(*words: str) -> list[str]:
    return [sys.executable, "-c", "from brandvoice.cli import main; main()", *words]


def make_workspace(folder: Path, base: Path) -> Path:
    """A workspace with a style and a dataset of the chats; returns the chats as a file of messages."""
    chats = folder / "chats.jsonl"
    rows = [{"messages": [{"role": m.role, "content": m.content} for m in talk]} for talk in talks(CHATS)]
    chats.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    seconds(brandvoice("init", "work"), folder)
    workspace = folder / "work"
    settings = workspace / "brandvoice.toml"
    text = settings.read_text(encoding="utf-8").replace('base = "starter"', f'base = "{base}"')
    settings.write_text(text, encoding="utf-8")
    (workspace / "recipes").mkdir(exist_ok=True)
    (workspace / "recipes" / "once.toml").write_text(RECIPE, encoding="utf-8")
    seconds(brandvoice("styles", "new", "desk"), workspace)
    seconds(brandvoice("import", str(chats), "--style", "desk", "--basis", "own-content"), workspace)
    seconds(brandvoice("curate", "desk"), workspace)
    return chats


def measure(size: str, *, rounds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_base(folder / "base", size=size)
        chats = make_workspace(folder, base)
        dataset = max((folder / "work" / "data" / "datasets" / "desk").iterdir(), key=lambda p: p.stat().st_mtime)
        (folder / "stock.py").write_text(SCRIPT, encoding="utf-8")
        train = brandvoice("train", "desk", "--recipe", "once", "--dataset", dataset.name)
        stock = [sys.executable, "stock.py", str(base), str(chats), "out"]
        runs: dict[str, Callable[[], float]] = {
            "script with TRL": lambda: seconds(stock, folder),
            "brandvoice train": lambda: seconds(train, folder / "work"),
        }
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(rounds):
            for run, timed in runs.items():
                best[run] = min(best[run], timed())
    return best


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for size in SIZES:
        best = measure(size, rounds=rounds)
        print(f"{size} parameters, {CHATS} chats, one epoch, command to saved adapter, best of {rounds}")
        for name, taken in best.items():
            print(f"  {name:18} {taken:6.1f} s   {taken / best['script with TRL']:.2f}x")


if __name__ == "__main__":
    main()
