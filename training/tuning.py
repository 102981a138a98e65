"""Tuning: what of a base model is trained. A LoRA adapter, one on a 4-bit base, or its linear layers in full."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversations.errors import TrainingRefused
from styles.base_model import BaseModel, load_weights
from training.plan import Plan

if TYPE_CHECKING:
    from torch import Tensor, nn


def tunable_model(base: BaseModel, plan: Plan, *, start: Path | None) -> Any:
    """The base model with what the plan trains made trainable; `start` is a LoRA adapter to go on from."""
    if plan.tuning == "full":
        return _full(base, plan)
    from peft import LoraConfig, PeftModel, get_peft_model

    from training.kernels import fuse

    model = _quantized(base, plan) if plan.tuning == "qlora" else _plain(base, plan, dtype=plan.machine.dtype)
    lora = LoraConfig(
        r=plan.lora_rank, lora_alpha=plan.lora_alpha, target_modules=plan.lora_targets, task_type="CAUSAL_LM"
    )
    model = PeftModel.from_pretrained(model, start, is_trainable=True) if start else get_peft_model(model, lora)
    if plan.sharding == "none":
        fuse(model)
    return model


def extract_adapter(tuned: Mapping[str, Tensor], base: BaseModel, plan: Plan, *, target: Path) -> float:
    """Write the closest LoRA adapter of the plan's rank to what full tuning changed; the share of the change it keeps.

    A voice stays a LoRA adapter that way, and is swapped and exported like any other. The best approximation of each
    change by rank is its truncated singular value decomposition (Eckart and Young, 1936).
    """
    import torch
    from peft import LoraConfig
    from safetensors.torch import save_file

    model = load_weights(base, dtype="float32", device="cpu")
    scaling = plan.lora_alpha / plan.lora_rank
    tensors: dict[str, Tensor] = {}
    kept = total = 0.0
    for name, layer in _linear_layers(model).items():
        change = tuned[f"{name}.weight"].float().cpu() - layer.weight.detach()
        u, s, v = torch.linalg.svd(change, full_matrices=False)
        rank = min(plan.lora_rank, len(s))
        root = s[:rank].sqrt()
        a, b = torch.zeros(plan.lora_rank, change.shape[1]), torch.zeros(change.shape[0], plan.lora_rank)
        a[:rank], b[:, :rank] = root[:, None] * v[:rank], u[:, :rank] * root / scaling
        tensors[f"base_model.model.{name}.lora_A.weight"] = a
        tensors[f"base_model.model.{name}.lora_B.weight"] = b
        kept, total = kept + float(s[:rank].square().sum()), total + float(s.square().sum())
    target.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target / "adapter_model.safetensors", metadata={"format": "pt"})
    modules = sorted({name.rsplit(".", 1)[-1] for name in _linear_layers(model)})
    LoraConfig(
        r=plan.lora_rank, lora_alpha=plan.lora_alpha, target_modules=modules, task_type="CAUSAL_LM"
    ).save_pretrained(str(target))
    return kept / total if total else 1.0


def _plain(base: BaseModel, plan: Plan, *, dtype: str) -> Any:
    from training.attention import register_attention
    from training.packing import register_packed

    model = load_weights(base, dtype=dtype, device=plan.machine.device)
    if plan.packing:
        model.set_attn_implementation(register_packed())
    elif plan.machine.device == "cpu":
        model.set_attn_implementation(register_attention())
    return model


def _full(base: BaseModel, plan: Plan) -> Any:
    """The same layers trainable that LoRA would adapt, in fp32: small steps would be lost in bf16."""
    model = _plain(base, plan, dtype="float32").requires_grad_(False)
    for layer in _linear_layers(model).values():
        layer.weight.requires_grad_(True)
    return model


def _linear_layers(model: Any) -> dict[str, nn.Linear]:
    """Every linear layer but the output layer: what PEFT calls all-linear."""
    from torch import nn

    head = model.get_output_embeddings()
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear) and m is not head}


def _quantized(base: BaseModel, plan: Plan) -> Any:
    """The base in 4 bits (QLoRA, Dettmers et al. 2023): a quarter of the memory, at some speed."""
    if find_spec("bitsandbytes") is None:
        raise TrainingRefused('tuning = "qlora" needs bitsandbytes. Install it: pip install "brandvoice[qlora]"')
    import torch
    from peft import prepare_model_for_kbit_training
    from transformers import BitsAndBytesConfig

    dtype = getattr(torch, plan.machine.dtype)
    bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    model = load_weights(base, dtype=plan.machine.dtype, device=plan.machine.device, quantization=bits)
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
