"""TRL's SFT trainer with our batches, our loss and checkpoints that survive any death."""

from __future__ import annotations

import json
import math
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from datasets import Dataset
from safetensors import SafetensorError
from torch import Tensor
from transformers import PrinterCallback, TrainerCallback, TrainerControl, TrainerState
from trl import SFTConfig, SFTTrainer

from conversations.errors import TrainingRefused
from styles.rendering import Rendered
from training.batches import LengthBuckets, pad
from training.checkpoints import CheckpointStore
from training.kernels import labelled_loss, plain, unfuse
from training.plan import Plan
from training.progress import Progress, Watcher, save_point
from training.recipe import Recipe

PATIENCE = 2  # epochs without a lower holdout loss before a run with early stopping ends
WRITE_ERRORS = (OSError, SafetensorError, RuntimeError)  # torch and safetensors report a full disk in their own ways
FULL = 2**20  # bytes free under which a failed write means a full disk
_TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2}  # relative difference allowed between our loss and TRL's


OPTIMIZERS = {"adamw": "adamw_torch_fused", "adafactor": "adafactor", "adamw_8bit": "adamw_bnb_8bit"}


def training_arguments(plan: Plan, *, run_dir: Path, has_holdout: bool, reporters: Sequence[str] = ()) -> SFTConfig:
    """The plan in TRL's words. Saving is ours, so TRL's own is off; reporters are TRL's own."""
    on_cpu = plan.machine.device == "cpu"
    return SFTConfig(
        output_dir=str(run_dir / "trl"),
        use_cpu=on_cpu,
        bf16=not on_cpu,
        gradient_checkpointing=False,
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch,
        per_device_eval_batch_size=max(8, plan.batch),
        gradient_accumulation_steps=plan.accumulation,
        learning_rate=plan.learning_rate,
        lr_scheduler_type=plan.scheduler,
        warmup_steps=plan.warmup_steps,
        optim=OPTIMIZERS[plan.optimizer],
        weight_decay=plan.weight_decay,
        max_grad_norm=1.0,
        max_length=None,
        logging_steps=1,
        eval_strategy="epoch" if has_holdout else "no",
        save_strategy="no",
        report_to=list(reporters),
        disable_tqdm=True,
        seed=plan.seed,
        data_seed=plan.seed,
        dataloader_pin_memory=not on_cpu,
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        prediction_loss_only=True,
    )


class StyleTrainer(SFTTrainer):  # type: ignore[misc]  # TRL has no types
    """Loss on labelled positions only, batches by length, checkpoints through a `CheckpointStore`."""

    def __init__(
        self,
        model: Any,
        *,
        args: SFTConfig,
        train: Sequence[Rendered],
        holdout: Sequence[Rendered],
        tokenizer: Any,
        plan: Plan,
        store: CheckpointStore,
        recipe: Recipe,
        watch: Watcher,
        run_dir: Path,
    ) -> None:
        self.plan = plan
        self.store = store
        self._lengths = [len(r.token_ids) for r in train]
        self._labelled_is_right: bool | None = None
        self._saving_to: Path | None = None
        self._watching = Watching(plan, tokens=sum(self._lengths), watch=watch, recipe=recipe, run_dir=run_dir)
        super().__init__(
            model,
            args=args,
            data_collator=partial(pad, pad_token=tokenizer.pad_token_id or tokenizer.eos_token_id),
            train_dataset=_table(train),
            eval_dataset=_table(holdout) if holdout else None,
            processing_class=tokenizer,
            callbacks=[self._watching],
        )
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()  # TRL makes them bf16 on a 4-bit base; small steps get lost
        self._watching.save_best = self._save_best
        self.remove_callback(PrinterCallback)

    @property
    def interrupted(self) -> bool:
        return self._watching.stop_asked

    @property
    def out_of_time(self) -> bool:
        return self._watching.out_of_time

    @property
    def tokens_per_second(self) -> float:
        return self._watching.tokens_per_second

    @property
    def is_stock(self) -> bool:
        """Whether this model's loss is TRL's own, because ours did not agree with it."""
        return self._labelled_is_right is False

    @property
    def holdout_loss(self) -> float | None:
        return self._watching.holdout_loss

    def train(self, *args: Any, **kwargs: Any) -> Any:
        with self._watching.signals():
            return super().train(*args, **kwargs)

    def compute_loss(
        self,
        model: Any,
        inputs: Mapping[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Our loss; on the first batch the plain one is computed beside it, and TRL's is used if the two disagree."""
        if self._labelled_is_right is None:
            self._labelled_is_right = self._agrees_with_stock(model, inputs)
            if not self._labelled_is_right:
                unfuse(self._language_model(model))
        if not self._labelled_is_right:
            return super().compute_loss(model, dict(inputs), return_outputs, num_items_in_batch)
        loss = self._labelled_loss(model, inputs, num_items_in_batch)
        return (loss, {}) if return_outputs else loss

    def prediction_step(
        self, model: Any, inputs: Mapping[str, Tensor], prediction_loss_only: bool, ignore_keys: Any = None
    ) -> tuple[Tensor, None, None]:
        with torch.no_grad():
            return self.compute_loss(model, self._prepare_inputs(dict(inputs))).detach(), None, None

    def _labelled_loss(self, model: Any, inputs: Mapping[str, Tensor], count: Tensor | int | None) -> Tensor:
        return labelled_loss(self._language_model(model), inputs["input_ids"], inputs["labels"], count=count)

    def _language_model(self, model: Any) -> Any:
        """The model without PEFT's wrapping, its LoRA layers in place."""
        bare = self.accelerator.unwrap_model(model)
        return bare.get_base_model() if self.plan.tuning != "full" else bare

    @torch.no_grad()
    def _agrees_with_stock(self, model: Any, inputs: Mapping[str, Tensor]) -> bool:
        try:
            ours = float(self._labelled_loss(model, inputs, None))
        except (AttributeError, TypeError):  # an architecture without a plain decoder and head
            return False
        language_model = self._language_model(model)
        with plain(language_model):
            logits = type(language_model).forward(language_model, input_ids=inputs["input_ids"]).logits[:, :-1]
        labels = inputs["labels"][:, 1:].reshape(-1)
        stock = float(torch.nn.functional.cross_entropy(logits.reshape(len(labels), -1).float(), labels))
        return math.isclose(ours, stock, rel_tol=_TOLERANCE[self.plan.machine.dtype])

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthBuckets:
        return LengthBuckets(self._lengths, size=self.plan.examples_per_step, seed=self.plan.seed)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._saving_to) if self._saving_to else str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write aside and rename; a disk that fills up ends the run and keeps the last whole checkpoint."""
        self._saving_to = self.store.staging
        try:
            super()._save_checkpoint(model, trial)
            self.store.commit(self.store.staging / f"checkpoint-{self.state.global_step}", step=self.state.global_step)
        except WRITE_ERRORS as error:
            shutil.rmtree(self.store.staging, ignore_errors=True)
            raise disk_refusal(error, self.store) from error
        finally:
            self._saving_to = None

    def _save_best(self, *, step: int, holdout_loss: float) -> None:
        """Keep the adapter of the best epoch so far in `best/`."""
        best = self.store.root.parent / "best"
        part = best.with_name("best.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            self.model.save_pretrained(part)
            (part / "best.json").write_text(json.dumps({"step": step, "holdout_loss": holdout_loss}))
            shutil.rmtree(best, ignore_errors=True)
            part.rename(best)
        except WRITE_ERRORS as error:
            raise disk_refusal(error, self.store) from error


class Course(Protocol):
    """What there is to watch of any run."""

    @property
    def steps(self) -> int: ...
    @property
    def epochs(self) -> int: ...
    @property
    def early_stopping(self) -> bool: ...


class Watching(TrainerCallback):  # type: ignore[misc]  # nor has transformers
    """Tells the watcher how it goes, asks for checkpoints in time, and stops in good order on SIGINT or SIGTERM."""

    def __init__(self, plan: Course, *, tokens: int, watch: Watcher, recipe: Recipe, run_dir: Path) -> None:
        self.plan = plan
        self.minutes = recipe.limits.minutes
        self.tokens_per_step = tokens / max(1, plan.steps // plan.epochs)
        self.watch = watch
        self.checkpointing = recipe.checkpoint
        self.curve = run_dir / "curve.jsonl"
        self.best_file = run_dir / "best" / "best.json"
        self.save_best: Any = None
        self.stop_asked = False
        self.out_of_time = False
        self.tokens_per_second = 0.0
        self.holdout_loss: float | None = None
        self.worse = 0
        self.began = self.saved = time.monotonic()
        self.first = 0

    def signals(self) -> Any:
        return _Signals(self.ask_to_stop)

    def ask_to_stop(self) -> None:
        self.stop_asked = True

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.began = self.saved = time.monotonic()
        self.first = state.global_step

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        now = time.monotonic()
        self.tokens_per_second = (state.global_step - self.first) * self.tokens_per_step / max(1e-9, now - self.began)
        due = now - self.saved >= self.checkpointing.every_seconds
        if due or state.global_step % self.checkpointing.every_steps == 0 or self.stop_asked:
            control.should_save = True
            self.saved = now
        if self.stop_asked:
            control.should_training_stop = True
        if self.minutes and now - self.began >= 60 * self.minutes:
            self.out_of_time = control.should_training_stop = True

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self._tell(state, loss=logs["loss"], holdout_loss=None)

    def on_evaluate(
        self, args: Any, state: TrainerState, control: TrainerControl, metrics: Any = None, **_: Any
    ) -> None:
        loss = metrics.get("eval_loss")
        if loss is None or not math.isfinite(loss):
            return
        self.holdout_loss = loss
        self._tell(state, loss=None, holdout_loss=loss)
        best = json.loads(self.best_file.read_text())["holdout_loss"] if self.best_file.is_file() else math.inf
        if loss < best:
            self.worse = 0
            self.save_best(step=state.global_step, holdout_loss=loss)
            return
        self.worse += 1
        if self.plan.early_stopping and self.worse >= PATIENCE:
            control.should_training_stop = True

    def _tell(self, state: TrainerState, *, loss: float | None, holdout_loss: float | None) -> None:
        done = state.global_step - self.first
        per_step = (time.monotonic() - self.began) / max(1, done)
        progress = Progress(
            step=state.global_step,
            steps=self.plan.steps,
            epoch=float(state.epoch or 0.0),
            loss=loss,
            holdout_loss=holdout_loss,
            tokens_per_second=self.tokens_per_second,
            seconds_left=per_step * (self.plan.steps - state.global_step),
        )
        save_point(self.curve, progress)
        self.watch(progress)


class _Signals:
    """While open, SIGINT and SIGTERM ask for a stop; a second SIGINT interrupts at once."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.before[number] = signal.signal(number, self._handle)
            except ValueError:  # not the main thread: whoever owns it owns the signals
                return

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.ask()
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _table(rendered: Sequence[Rendered]) -> Dataset:
    return Dataset.from_dict(
        {"input_ids": [list(r.token_ids) for r in rendered], "labels": [list(r.labels) for r in rendered]}
    )


def disk_refusal(error: Exception, store: CheckpointStore) -> TrainingRefused:
    newest = store.newest()
    kept = f"the checkpoint of step {newest.step} is whole" if newest else "no checkpoint had been written yet"
    if shutil.disk_usage(store.root.parent).free < FULL:
        return TrainingRefused(f"The disk of {store.root} is full; {kept}. Free some space, then resume the round.")
    return TrainingRefused(f"The checkpoint cannot be written to {store.root} ({error}); {kept}.")
