"""A recipe written for another trainer (Axolotl, LLaMA-Factory, OpenAI fine-tuning), read as one of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from conversations.errors import SettingsError
from styles.style import faults_sentence
from training.recipe import Recipe

Trainer = Literal["axolotl", "llama-factory", "openai"]
Given = Mapping[str, Any]

OURS = "brandvoice decides this from the data and the machine"
DATA = "data comes from a dataset version: brandvoice import, then brandvoice curate"
PLACE = "a round keeps its files in data/rounds"
RENDERER = "the base model's own chat template is used, the same in training and serving"
BRAND_ONLY = "only the brand's words are trained on"
FIXED = "voices of one base model share the adapter's shape, so that they can be swapped while serving"
NO_PLACE = "brandvoice has no such setting"

_SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant", "constant_with_warmup": "constant"}
_OPTIMIZERS = {
    **dict.fromkeys(("adamw_torch", "adamw_torch_fused", "adamw_hf"), "adamw"),
    **dict.fromkeys(("adamw_8bit", "adamw_bnb_8bit", "paged_adamw_8bit"), "adamw_8bit"),
    "adafactor": "adafactor",
}
_PREFERENCE = {"sft": "sft", "dpo": "sft+dpo", "kto": "sft+kto"}


@dataclass(frozen=True, slots=True)
class Translation:
    """The recipe in our words, the base model it asked for, and each key that has no counterpart with the reason."""

    trainer: Trainer
    recipe: Recipe
    base: str | None
    taken: tuple[str, ...]
    left_out: Mapping[str, str]


def translate_recipe(text: str, *, name: str, where: str) -> Translation:
    """Read a YAML or JSON recipe of another trainer. Raises SettingsError with what is wrong and where."""
    given = _parsed(text, where)
    trainer = _trainer_of(given, where)
    reader = _Reader(_flattened(given) if trainer == "openai" else given, where)
    ours = {"name": name, **_TRANSLATORS[trainer](reader)}
    base = reader.text("base_model", "model_name_or_path", "model")
    reasons = _REASONS[trainer]
    left_out = {key: reasons.get(key, NO_PLACE) for key, value in reader.given.items() if key not in reader.taken}
    try:
        recipe = Recipe.model_validate(ours)
    except ValidationError as error:
        raise SettingsError(faults_sentence(where, error)) from error
    return Translation(trainer, recipe, base, tuple(sorted(reader.taken)), {**left_out, **reader.refused})


class _Reader:
    """Takes values out of a foreign recipe and remembers which were taken and which could not be."""

    def __init__(self, given: Given, where: str) -> None:
        self.given = {key: value for key, value in given.items() if value is not None}
        self.where = where
        self.taken: set[str] = set()
        self.refused: dict[str, str] = {}

    def text(self, *keys: str) -> str | None:
        for key in keys:
            if key in self.given:
                self.taken.add(key)
                return str(self.given[key])
        return None

    def number(self, key: str) -> float | None:
        """A number, also one that YAML reads as text (`2e-4`)."""
        if key not in self.given:
            return None
        self.taken.add(key)
        try:
            return float(self.given[key])
        except (TypeError, ValueError) as error:
            raise SettingsError(f'{self.where}: {key} is "{self.given[key]}", which is not a number.') from error

    def whole(self, key: str) -> int | None:
        """A whole number; a fraction (half an epoch) has no counterpart and is left out with that reason."""
        value = self.number(key)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self.refuse(key, f"{value:g} is not a whole number")
        return None

    def flag(self, key: str) -> bool:
        self.taken.add(key) if key in self.given else None
        return self.given.get(key) is True or str(self.given.get(key)).lower() == "true"

    def refuse(self, key: str, reason: str) -> None:
        self.taken.discard(key)
        self.refused[key] = reason

    def one_of(self, key: str, known: Mapping[str, str]) -> str | None:
        value = self.text(key)
        if value is None or value in known:
            return known[value] if value else None
        self.refuse(key, f'"{value}" has no counterpart; there are {", ".join(sorted(known))}')
        return None


def _parsed(text: str, where: str) -> Given:
    try:
        given = yaml.safe_load(text)  # JSON is YAML too
    except yaml.YAMLError as error:
        raise SettingsError(f"{where} is neither YAML nor JSON: {error}.") from error
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        raise SettingsError(f"{where} holds no settings: a recipe is a table of keys and values.")
    return given


def _trainer_of(given: Given, where: str) -> Trainer:
    if {"model_name_or_path", "finetuning_type", "stage"} & given.keys():
        return "llama-factory"
    if {"base_model", "micro_batch_size", "sequence_len"} & given.keys():
        return "axolotl"
    if {"training_file", "hyperparameters", "n_epochs", "method"} & given.keys():
        return "openai"
    raise SettingsError(
        f"{where} is no recipe of a known trainer: it has neither base_model (Axolotl), model_name_or_path "
        "(LLaMA-Factory) nor hyperparameters (OpenAI fine-tuning)."
    )


def _flattened(given: Given) -> Given:
    """An OpenAI fine-tuning job with the hyperparameters of its method at the top level."""
    method = given.get("method") if isinstance(given.get("method"), dict) else {}
    kind = (method or {}).get("type", "supervised")
    inner = ((method or {}).get(kind) or {}).get("hyperparameters") or given.get("hyperparameters") or {}
    rest = {key: value for key, value in given.items() if key not in {"method", "hyperparameters"}}
    return {**rest, "type": kind, **inner}


def _axolotl(reader: _Reader) -> dict[str, Any]:
    patience = reader.number("early_stopping_patience")
    full = "adapter" not in reader.given and "lora_r" not in reader.given  # Axolotl trains in full without an adapter
    return _without_none(
        method=reader.one_of("rl", _PREFERENCE),
        tuning=reader.one_of("adapter", {"lora": "lora", "qlora": "qlora"}) or ("full" if full else None),
        lora=_lora(reader, rank="lora_r", alpha="lora_alpha"),
        epochs=reader.whole("num_epochs"),
        learning_rate=reader.number("learning_rate"),
        optimizer=reader.one_of("optimizer", _OPTIMIZERS),
        weight_decay=reader.number("weight_decay"),
        scheduler=reader.one_of("lr_scheduler", _SCHEDULERS),
        warmup_share=reader.number("warmup_ratio"),
        examples_per_step=_product(reader, "micro_batch_size", "gradient_accumulation_steps"),
        max_tokens=reader.whole("sequence_len"),
        early_stopping=None if patience is None else patience > 0,
        seed=reader.whole("seed"),
    )


def _llama_factory(reader: _Reader) -> dict[str, Any]:
    return _without_none(
        method=reader.one_of("stage", _PREFERENCE),
        tuning=_llama_factory_tuning(reader),
        lora=_lora(reader, rank="lora_rank", alpha="lora_alpha"),
        epochs=reader.whole("num_train_epochs"),
        learning_rate=reader.number("learning_rate"),
        optimizer=reader.one_of("optim", _OPTIMIZERS),
        weight_decay=reader.number("weight_decay"),
        scheduler=reader.one_of("lr_scheduler_type", _SCHEDULERS),
        warmup_share=reader.number("warmup_ratio"),
        examples_per_step=_product(reader, "per_device_train_batch_size", "gradient_accumulation_steps"),
        max_tokens=reader.whole("cutoff_len"),
        seed=reader.whole("seed"),
    )


def _openai(reader: _Reader) -> dict[str, Any]:
    return _without_none(
        method=reader.one_of("type", {"supervised": "sft", "dpo": "sft+dpo"}),
        epochs=_auto_or(reader, "n_epochs", reader.whole),
        examples_per_step=_auto_or(reader, "batch_size", reader.whole),
        learning_rate_multiplier=_number_unless_auto(reader, "learning_rate_multiplier"),
        seed=reader.whole("seed"),
    )


def _llama_factory_tuning(reader: _Reader) -> str | None:
    kind = reader.one_of("finetuning_type", {"lora": "lora", "full": "full"})
    if reader.number("quantization_bit") == 4 and kind == "lora":
        return "qlora"
    if "quantization_bit" in reader.taken:
        reader.refuse("quantization_bit", "only 4 bits under a LoRA adapter have a counterpart")
    return kind


def _lora(reader: _Reader, *, rank: str, alpha: str) -> dict[str, int] | None:
    return _without_none(rank=reader.whole(rank), alpha=reader.whole(alpha)) or None


def _product(reader: _Reader, *keys: str) -> int | None:
    """Examples per optimiser step on one device; None where no key says anything."""
    values = [value for value in map(reader.whole, keys) if value is not None]
    total = 1
    for value in values:
        total *= value
    return total if values else None


def _auto_or(reader: _Reader, key: str, read: Callable[[str], int | None]) -> int | str | None:
    if reader.given.get(key) == "auto":
        return reader.text(key)
    return read(key)


def _number_unless_auto(reader: _Reader, key: str) -> float | None:
    if reader.given.get(key) == "auto":
        reader.taken.add(key)
        return None
    return reader.number(key)


def _without_none(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


_TRANSLATORS: dict[Trainer, Callable[[_Reader], dict[str, Any]]] = {
    "axolotl": _axolotl,
    "llama-factory": _llama_factory,
    "openai": _openai,
}

_EVERYWHERE = dict.fromkeys(("bf16", "fp16", "tf32", "gradient_checkpointing", "flash_attention", "flash_attn"), OURS)
_REASONS: dict[Trainer, dict[str, str]] = {
    "axolotl": {
        **_EVERYWHERE,
        **dict.fromkeys(("datasets", "val_set_size", "dataset_prepared_path", "test_datasets"), DATA),
        **dict.fromkeys(("output_dir", "resume_from_checkpoint", "auto_resume_from_checkpoints"), PLACE),
        **dict.fromkeys(("saves_per_epoch", "save_steps", "save_strategy", "evals_per_epoch", "eval_steps"), PLACE),
        **dict.fromkeys(("chat_template", "special_tokens", "tokenizer_type", "model_type"), RENDERER),
        **dict.fromkeys(("sample_packing", "eval_sample_packing", "pad_to_sequence_len", "group_by_length"), OURS),
        **dict.fromkeys(("lora_target_linear", "lora_target_modules", "lora_dropout", "peft_use_dora"), FIXED),
        **dict.fromkeys(("max_grad_norm", "warmup_steps", "logging_steps"), OURS),
        **dict.fromkeys(("load_in_4bit", "load_in_8bit"), OURS),
        "train_on_inputs": BRAND_ONLY,
        "strict": "every recipe is checked as a whole",
    },
    "llama-factory": {
        **_EVERYWHERE,
        **dict.fromkeys(("dataset", "dataset_dir", "max_samples", "val_size", "eval_dataset", "do_train"), DATA),
        **dict.fromkeys(("output_dir", "overwrite_output_dir", "overwrite_cache", "resume_from_checkpoint"), PLACE),
        **dict.fromkeys(("save_steps", "save_strategy", "plot_loss", "eval_steps", "eval_strategy"), PLACE),
        **dict.fromkeys(("template", "trust_remote_code"), RENDERER),
        **dict.fromkeys(("lora_target", "lora_dropout", "use_dora", "use_rslora", "loraplus_lr_ratio"), FIXED),
        **dict.fromkeys(("packing", "neat_packing", "preprocessing_num_workers"), OURS),
        **dict.fromkeys(("max_grad_norm", "logging_steps", "warmup_steps"), OURS),
        "train_on_prompt": BRAND_ONLY,
    },
    "openai": {
        **dict.fromkeys(("training_file", "validation_file"), DATA),
        **dict.fromkeys(("suffix", "metadata"), "voices are named by their style"),
        "beta": NO_PLACE,
    },
}
