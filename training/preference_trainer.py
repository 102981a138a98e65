"""TRL's DPO and KTO trainers on our tokens, with our output layer, a reference computed once, and safe checkpoints."""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from datasets import Dataset
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PrinterCallback
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.trainer.utils import FusedCausalLMOutput

from styles.rendering import IGNORED
from training.batches import LengthBuckets
from training.checkpoints import CheckpointStore
from training.kernels import fuse
from training.preference_plan import PreferencePlan
from training.preference_rows import Row, collate_pairs, collate_votes, pair_columns, vote_columns
from training.trainer import WRITE_ERRORS, disk_refusal
from training.watching import Watching

REFERENCE = "reference.safetensors"
_TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2}  # relative difference allowed between our log-probabilities and TRL's
_NOT_COMPUTED = ("entropy", "logits/chosen", "logits/rejected", "mean_token_accuracy")


class LabelledHead:
    """The forward that TRL's trainers ask for per-token log-probabilities, computed only where there is a label.

    TRL's own scores every position in fp32 on a CPU. No attention mask goes in: with padding on the right no real
    position can see a padded one. `row_weight` scales the gradient of a row and leaves its value as it is.
    """

    def __init__(self, language_model: Any) -> None:
        self.model = language_model
        self.stock: Callable[..., Any] = language_model.forward
        self.is_right = True

    def install(self) -> None:
        """Let the language model answer through this."""
        self.model.forward = self

    def __call__(self, *args: Any, row_weight: Tensor | None = None, **options: Any) -> Any:
        if not options.get("fused_lm_head"):
            return self.stock(*args, **options)
        output = self._ours(**options) if self.is_right else self.stock(*args, **options)
        if row_weight is not None and output.log_probs.requires_grad:
            share = row_weight.to(output.log_probs.dtype).unsqueeze(1)
            output.log_probs = share * output.log_probs + (1 - share) * output.log_probs.detach()
        return output

    @torch.no_grad()
    def check(self, batch: dict[str, Tensor], *, dtype: str) -> bool:
        """Compare with TRL's own on one batch; where they disagree, TRL's stays in use."""
        options: dict[str, Any] = {"input_ids": batch["input_ids"], "labels": _labels(batch), "fused_lm_head": True}
        stock = self.stock(**options, attention_mask=batch["attention_mask"]).log_probs.sum().item()
        try:
            ours = self._ours(**options).log_probs.sum().item()
        except (AttributeError, TypeError):  # an architecture without a plain decoder and head
            ours = math.nan
        self.is_right = math.isclose(ours, stock, rel_tol=_TOLERANCE[dtype])
        return self.is_right

    def _ours(self, *, input_ids: Tensor, labels: Tensor, **_: Any) -> FusedCausalLMOutput:
        decoder, head = self.model.get_decoder(), self.model.get_output_embeddings()
        hidden = decoder(input_ids=input_ids, attention_mask=None, use_cache=False).last_hidden_state
        targets = labels[:, 1:]
        mask = targets != IGNORED
        logits = head(hidden[:, :-1][mask]).float()
        chosen = -F.cross_entropy(logits, targets[mask], reduction="none")
        log_probs = chosen.new_zeros(mask.shape).masked_scatter(mask, chosen)
        nothing = torch.zeros_like(log_probs, requires_grad=False)
        is_top1 = torch.zeros_like(mask)
        return FusedCausalLMOutput(
            log_probs=log_probs, entropy=nothing, mean_logits=nothing, is_top1=is_top1, label_mask=mask
        )


class PairTrainer(DPOTrainer):  # type: ignore[misc]  # TRL has no types
    """DPO on rendered pairs; its loss is TRL's."""

    def __init__(self, model: Any, rows: Sequence[Row], *, run: Run) -> None:
        self.run = run
        self._lengths = [row.length for row in rows]
        super().__init__(
            model,
            args=run.arguments(DPOConfig, loss_type=["sigmoid", "sft"], loss_weights=[1.0, run.plan.sft_weight]),
            train_dataset=Dataset.from_dict(pair_columns(rows)),
            data_collator=partial(collate_pairs, pad_token=run.pad_token),
            processing_class=run.tokenizer,
            callbacks=[run.watching],
        )
        run.take(self, ("ref_chosen_logps", "ref_rejected_logps"))

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthBuckets:
        return LengthBuckets(self._lengths, size=self.run.plan.rows_per_step, seed=self.run.plan.seed)

    def _get_output_dir(self, trial: Any) -> str:
        return self.run.output_dir or str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with self.run.saving(self.state.global_step):
            super(DPOTrainer, self)._save_checkpoint(model, trial)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        for name in _NOT_COMPUTED:
            self._metrics["train"].pop(name, None)
        super().log(logs, start_time)


class VoteTrainer(KTOTrainer):  # type: ignore[misc]  # TRL has no types
    """KTO on rendered votes in the given order; its loss is TRL's."""

    def __init__(self, model: Any, rows: Sequence[Row], *, run: Run) -> None:
        self.run = run
        weights = {"desirable_weight": run.plan.desirable_weight, "undesirable_weight": run.plan.undesirable_weight}
        super().__init__(
            model,
            args=run.arguments(KTOConfig, **weights),
            train_dataset=Dataset.from_dict(vote_columns(rows, batch=run.plan.batch)),
            data_collator=partial(collate_votes, pad_token=run.pad_token),
            processing_class=run.tokenizer,
            callbacks=[run.watching],
        )
        run.take(self, ("ref_logps", "ref_KL_logps"))

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _get_output_dir(self, trial: Any) -> str:
        return self.run.output_dir or str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with self.run.saving(self.state.global_step):
            super(KTOTrainer, self)._save_checkpoint(model, trial)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        for name in _NOT_COMPUTED:
            self._metrics["train"].pop(name, None)
        super().log(logs, start_time)


class Run:
    """What both trainers have of us: arguments, the output layer, the reference, and checkpoints written aside."""

    def __init__(
        self,
        plan: PreferencePlan,
        *,
        tokenizer: Any,
        store: CheckpointStore,
        watching: Watching,
        run_dir: Path,
        reporters: Sequence[str] = (),
    ) -> None:
        self.plan = plan
        self.tokenizer = tokenizer
        self.store = store
        self.watching = watching
        self.run_dir = run_dir
        self.reporters = reporters
        self.output_dir = ""
        self.is_fast = True

    @property
    def pad_token(self) -> int:
        return int(self.tokenizer.pad_token_id or self.tokenizer.eos_token_id)

    def arguments(self, config: Any, **options: Any) -> Any:
        """The plan in TRL's words. Saving is ours, so TRL's own is off."""
        plan, on_cpu = self.plan, self.plan.machine.device == "cpu"
        return config(
            output_dir=str(self.run_dir / "trl"),
            use_cpu=on_cpu,
            bf16=not on_cpu,
            gradient_checkpointing=False,
            num_train_epochs=plan.epochs,
            per_device_train_batch_size=plan.batch,
            gradient_accumulation_steps=plan.accumulation,
            learning_rate=plan.learning_rate,
            lr_scheduler_type=plan.scheduler,
            warmup_steps=plan.warmup_steps,
            weight_decay=0.0,
            max_grad_norm=1.0,
            beta=plan.beta,
            max_length=None,
            logging_steps=1,
            save_strategy="no",
            report_to=list(self.reporters),
            disable_tqdm=True,
            seed=plan.seed,
            data_seed=plan.seed,
            dataloader_pin_memory=not on_cpu,
            remove_unused_columns=False,
            **options,
        )

    def take(self, trainer: Any, names: tuple[str, str]) -> None:
        """Finish a trainer that TRL made: our output layer, fused LoRA, and the reference as two columns.

        TRL keeps a frozen copy of the adapter for the reference and would write it into every artefact; here the
        reference is what the adapter says before its first step, so the copy goes.
        """
        trainer.remove_callback(PrinterCallback)
        model = trainer.model
        model.delete_adapter("ref")
        fuse(model)
        head = LabelledHead(model.get_base_model())
        head.install()
        columns = self._known_reference(names, rows=len(trainer.train_dataset))
        if columns is None:
            columns = self._compute_reference(trainer, head, names)
        else:
            self._check(head, trainer.data_collator([trainer.train_dataset[0]]))
        for name, values in zip(names, columns, strict=True):
            trainer.train_dataset = trainer.train_dataset.add_column(name, values.tolist())
        trainer.precompute_ref_logps = True
        trainer.model.train()

    @contextlib.contextmanager
    def saving(self, step: int) -> Iterator[None]:
        """Write a checkpoint aside and rename it; a disk that fills up keeps the last whole one."""
        self.output_dir = str(self.store.staging)
        try:
            yield
            self.store.commit(self.store.staging / f"checkpoint-{step}", step=step)
        except WRITE_ERRORS as error:
            shutil.rmtree(self.store.staging, ignore_errors=True)
            raise disk_refusal(error, self.store) from error
        finally:
            self.output_dir = ""

    def _check(self, head: LabelledHead, batch: dict[str, Tensor]) -> None:
        device = self.plan.machine.device
        on_device = {name: tensor.to(device) for name, tensor in batch.items()}
        self.is_fast = head.check(on_device, dtype=self.plan.machine.dtype)

    @torch.no_grad()
    def _compute_reference(self, trainer: Any, head: LabelledHead, names: tuple[str, str]) -> tuple[Tensor, Tensor]:
        """Sums of log-probabilities of both sides of every row, in batches of like length, kept for a resume."""
        trainer.model.eval()
        table, size = trainer.train_dataset, 2 * self.plan.batch
        sides = [len(row["prompt_ids"]) + sum(map(len, _replies(row))) for row in table]
        order = sorted(range(len(table)), key=lambda i: sides[i])
        found = torch.zeros(2, len(table))
        for start in range(0, len(order), size):
            places = order[start : start + size]
            batch = trainer.data_collator([table[i] for i in places])
            if start == 0:
                self._check(head, batch)
            found[:, places] = self._both_sides(trainer.model, batch).cpu()
        self._keep_reference(dict(zip(names, found, strict=True)))
        return found[0], found[1]

    def _both_sides(self, model: Any, batch: dict[str, Tensor]) -> Tensor:
        """[2, rows]: of pairs the chosen and the rejected replies, of votes the replies and the mismatched ones."""
        if "KL_input_ids" not in batch:
            return self._sums(model, batch).view(2, -1)
        turned = {name.removeprefix("KL_"): tensor for name, tensor in batch.items() if name.startswith("KL_")}
        return torch.stack([self._sums(model, batch), self._sums(model, turned)])

    def _sums(self, model: Any, batch: dict[str, Tensor]) -> Tensor:
        device = self.plan.machine.device
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu"):
            output = model(
                input_ids=batch["input_ids"].to(device),
                attention_mask=batch["attention_mask"].to(device),
                labels=_labels(batch).to(device),
                fused_lm_head=True,
                use_cache=False,
            )
        return output.log_probs.float().sum(1)  # type: ignore[no-any-return]

    def _known_reference(self, names: tuple[str, str], *, rows: int) -> tuple[Tensor, Tensor] | None:
        """The reference that an interrupted run of this very plan kept, if it is whole."""
        try:
            with safe_open(self.run_dir / REFERENCE, framework="pt") as opened:
                if (opened.metadata() or {}).get("plan") != self.plan.hash:
                    return None
                first, second = (opened.get_tensor(name) for name in names)
        except (OSError, SafetensorError):
            return None
        return (first, second) if len(first) == len(second) == rows else None

    def _keep_reference(self, columns: dict[str, Tensor]) -> None:
        part = self.run_dir / f"{REFERENCE}.part"
        try:
            save_file({name: values.contiguous() for name, values in columns.items()}, part, {"plan": self.plan.hash})
            part.replace(self.run_dir / REFERENCE)
        except WRITE_ERRORS as error:
            raise disk_refusal(error, self.store) from error


def _replies(row: dict[str, Any]) -> list[list[int]]:
    return [row[name] for name in ("chosen_ids", "rejected_ids", "completion_ids", "KL_completion_ids") if name in row]


def _labels(batch: dict[str, Tensor]) -> Tensor:
    return batch["input_ids"].masked_fill(batch["completion_mask"] == 0, IGNORED)
