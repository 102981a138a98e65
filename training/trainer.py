"""TRL's SFT trainer with our batches, our loss and checkpoints that survive any death."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors import SafetensorError
from torch import Tensor
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from conversations.errors import TrainingRefused
from styles.rendering import Rendered
from training.batches import LengthBuckets, pad
from training.checkpoints import CheckpointStore
from training.kernels import labelled_loss, plain, unfuse
from training.packing import pack
from training.plan import Plan
from training.progress import Watcher
from training.recipe import Recipe
from training.watching import Watching

WRITE_ERRORS = (OSError, SafetensorError, RuntimeError)  # torch and safetensors report a full disk in their own ways
FULL = 2**20  # bytes free under which a failed write means a full disk
_TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2}  # relative difference allowed between our loss and TRL's


OPTIMIZERS = {"adamw": "adamw_torch_fused", "adafactor": "adafactor", "adamw_8bit": "adamw_bnb_8bit"}


def training_arguments(plan: Plan, *, run_dir: Path, has_holdout: bool, reporters: Sequence[str] = ()) -> SFTConfig:
    """The plan in TRL's words. Saving is ours, so TRL's own is off; reporters are TRL's own."""
    on_cpu = plan.machine.device == "cpu"
    arguments = SFTConfig(
        output_dir=str(run_dir / "trl"),
        use_cpu=on_cpu,
        bf16=not on_cpu,
        gradient_checkpointing=plan.checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False} if plan.checkpointing else None,
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
        **_spread(plan),
    )
    if plan.processes == 1 and arguments.n_gpu > 1:
        arguments._n_gpu = 1  # noqa: SLF001 - else transformers would take all GPUs, by threads
    return arguments


def _spread(plan: Plan) -> dict[str, Any]:
    """What several processes need: gradients averaged by DDP, or a base model that FSDP spreads over them."""
    if plan.sharding == "fsdp":
        wrap = {"version": 2, "auto_wrap_policy": "TRANSFORMER_BASED_WRAP", "state_dict_type": "FULL_STATE_DICT"}
        return {"fsdp": True, "fsdp_config": wrap}
    if plan.processes == 1:
        return {}
    backend = "gloo" if plan.machine.device == "cpu" else "nccl"
    return {"ddp_backend": backend, "ddp_find_unused_parameters": False}


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
            data_collator=pack
            if plan.packing
            else partial(pad, pad_token=tokenizer.pad_token_id or tokenizer.eos_token_id),
            train_dataset=_table(train),
            eval_dataset=_table(holdout) if holdout else None,
            processing_class=tokenizer,
            callbacks=[self._watching],
        )
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()  # TRL makes them bf16 on a 4-bit base; small steps get lost
        self._watching.save_best = self._save_best
        _expect_processes(plan, self.accelerator.num_processes)
        if plan.sharding != "none":
            self._labelled_is_right = False  # its layers must be called through FSDP's own wrapping
        elif plan.processes > 1:
            self._language_model(self.model).forward = partial(self._answer, self._language_model(self.model))
        self.remove_callback(PrinterCallback)

    def ask_to_stop(self) -> None:
        self._watching.ask_to_stop()

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
                self._language_model(model).__dict__.pop("forward", None)
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
        """Of this process's share of the step; scaled up, since gradients are averaged over the processes."""
        if self.plan.processes == 1:
            return _loss(self._language_model(model), inputs, count=count)
        loss: Tensor = model(**inputs, count=count)[0]  # through DDP, which must see the call to share gradients
        return loss if count is None else loss * self.accelerator.num_processes

    def _answer(self, language_model: Any, *, count: Tensor | int | None = None, **inputs: Any) -> tuple[Tensor]:
        kept = {name: value for name, value in inputs.items() if value is not None}
        return (_loss(language_model, kept, count=count),)

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
            asked = {name: value for name, value in inputs.items() if name in {"input_ids", "position_ids"}}
            logits = type(language_model).forward(language_model, **asked, use_cache=False).logits[:, :-1]
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
            self.accelerator.wait_for_everyone()  # each process writes its own random state
            if self.is_world_process_zero():
                written = self.store.staging / f"checkpoint-{self.state.global_step}"
                self.store.commit(written, step=self.state.global_step)
            self.accelerator.wait_for_everyone()
        except WRITE_ERRORS as error:
            shutil.rmtree(self.store.staging, ignore_errors=True)
            raise disk_refusal(error, self.store) from error
        finally:
            self._saving_to = None

    def _save_best(self, *, step: int, holdout_loss: float) -> None:
        """Keep the adapter of the best epoch so far in `best/`."""
        if not self.is_world_process_zero():
            return
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


def _loss(language_model: Any, inputs: Mapping[str, Any], *, count: Tensor | int | None) -> Tensor:
    layout = {name: value for name, value in inputs.items() if name not in {"input_ids", "labels"}}
    return labelled_loss(language_model, inputs["input_ids"], inputs["labels"], count=count, **layout)


def _expect_processes(plan: Plan, found: int) -> None:
    if found != plan.processes:
        raise TrainingRefused(f"The plan is for {plan.processes} processes, but {found} came together.")


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
