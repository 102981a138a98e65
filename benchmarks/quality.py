"""Quality: a style learned in equal time by TRL as a newcomer has it and by our default recipe, on the starter.

`python -m benchmarks.quality [SECONDS]` makes a style by rule out of everyday talk (lower case, a sign-off, an emoji in
half of the replies), gives either training so many seconds, and prints what held-out prompts bring about.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.bases import Talk, talks
from conversations.messages import Message
from styles.base_model import BaseModel, find_base_model, load_tokenizer, load_weights
from styles.rendering import Renderer
from training.likelihood import Likelihood, mean_loss
from training.machine import find_machine
from training.recipe import Limits, load_recipe
from training.sft import Task, prepare, quiet, train

CHATS, HELD_OUT, PROMPTS = 400, 60, 24
SIGN_OFF, EMOJI, RATE = "your friends at finch", "🌱", 0.5
NEW_TOKENS = 120
Tuned = tuple[Path, str]  # the folder of the adapter, and how far the training came


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of replies: all in lower case, with the sign-off at the end, with the emoji."""

    lower: float
    signed: float
    emoji: float

    @property
    def mean(self) -> float:
        return (self.lower + self.signed + 1 - abs(self.emoji - RATE) / max(RATE, 1 - RATE)) / 3


def styled(talk: Talk) -> Talk:
    """The talk with every reply in the style; which ones have the emoji depends on their words alone."""
    return tuple(replace(m, content=_spoken(m.content)) if m.role == "assistant" else m for m in talk)


def _spoken(reply: str) -> str:
    emoji = f" {EMOJI}" if zlib.crc32(reply.encode()) % 100 < 100 * RATE else ""
    return f"{reply.lower()}{emoji} {SIGN_OFF}"


def score(replies: Sequence[str]) -> Score:
    told = [reply.strip() for reply in replies]
    return Score(
        sum(bool(t) and t == t.lower() for t in told) / len(told),
        sum(t.endswith(SIGN_OFF) and t != SIGN_OFF for t in told) / len(told),
        sum(EMOJI in t for t in told) / len(told),
    )


def ours(base: BaseModel, chats: list[Talk], folder: Path, seconds: float) -> Tuned:
    recipe = load_recipe("default").model_copy(update={"method": "sft", "limits": Limits(minutes=seconds / 60)})
    holdout, learned = chats[: len(chats) // 10], chats[len(chats) // 10 :]  # early stopping looks at a tenth
    prepared = prepare(Task(base, recipe, "quality", learned, holdout), find_machine())
    trained = train(prepared, run_dir=folder, watch=lambda progress: None)
    return trained.adapter, f"{trained.steps} of {prepared.plan.steps} steps"


def newcomer(base: BaseModel, chats: list[Talk], folder: Path, seconds: float) -> Tuned:
    """TRL's defaults for LoRA; its three epochs end early where the time is over."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    rows = [{"messages": [{"role": m.role, "content": m.content} for m in talk]} for talk in chats]
    arguments = SFTConfig(
        output_dir=str(folder), use_cpu=True, report_to=[], save_strategy="no", disable_tqdm=True, logging_steps=10**6
    )
    with quiet():
        trainer = SFTTrainer(
            AutoModelForCausalLM.from_pretrained(base.path, dtype="float32"),
            args=arguments,
            train_dataset=Dataset.from_list(rows),
            processing_class=load_tokenizer(base),
            peft_config=LoraConfig(),
            callbacks=[_clock(seconds)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.model.save_pretrained(folder / "adapter")
    return folder / "adapter", f"{trainer.state.global_step} of {trainer.state.max_steps} steps"


def _clock(seconds: float) -> Any:
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]  # the one way in which TRL can be told to stop
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.ends = time.monotonic() + seconds

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop |= time.monotonic() >= self.ends

    return Clock()


def replies(base: BaseModel, adapter: Path, prompts: Sequence[Sequence[Message]]) -> list[str]:
    """What the tuned model says, always the likeliest token."""
    import torch
    from peft import PeftModel

    tokenizer = load_tokenizer(base)
    renderer = Renderer(tokenizer)
    model = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), adapter).eval()
    told = []
    for prompt in prompts:
        ids = torch.tensor([renderer.prompt(prompt)])
        with torch.inference_mode():
            said = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False
            )
        told.append(tokenizer.decode(said[0, ids.shape[1] :], skip_special_tokens=True))
    return told


RUNS: dict[str, Callable[[BaseModel, list[Talk], Path, float], Tuned]] = {
    "TRL as a newcomer has it": newcomer,
    "brandvoice": ours,
}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    warnings.filterwarnings("ignore")
    base = find_base_model("starter")
    chats = [styled(talk) for talk in talks(CHATS, seed=11)]
    known = {talk[:-1] for talk in chats}
    held_out = [talk for talk in map(styled, talks(HELD_OUT, seed=12)) if talk[:-1] not in known]
    renderer = Renderer(load_tokenizer(base))
    prompts = [talk[:-1] for talk in held_out][:PROMPTS]
    likelihood = Likelihood(base, find_machine())
    untrained = mean_loss(likelihood.losses([renderer.render(talk) for talk in held_out])) or float("nan")
    print(f"{CHATS} chats in the style, {seconds:.0f} s of training each; {len(prompts)} held-out prompts")
    print(f"  the starter itself: held-out loss {untrained:.3f}")
    for name, run in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            adapter, came = run(base, chats, Path(folder), seconds)
            took = time.perf_counter() - began
            found = score(replies(base, adapter, prompts))
            loss = mean_loss(likelihood.losses([renderer.render(t) for t in held_out], adapter=adapter))
        print(
            f"  {name:26} rule score {found.mean:.2f} (lower case {found.lower:.0%}, signed {found.signed:.0%}, "
            f"emoji {found.emoji:.0%} of {RATE:.0%})  held-out loss {loss or float('nan'):.3f}  {came}, {took:.0f} s"
        )


if __name__ == "__main__":
    main()
