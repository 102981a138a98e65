"""Faster arithmetic for LoRA fine-tuning of short chats, equal to the plain one: only torch, PEFT and transformers."""

from __future__ import annotations

import types
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styles.rendering import IGNORED

SHORT = 256  # up to here two plain products beat the fused attention's backward on a CPU
ATTENTION = "brandvoice_short"


class FusedLora(torch.autograd.Function):
    """y = x Wᵀ + s (x Aᵀ) Bᵀ with W frozen, in the dtype of W; gradients of A and B in fp32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scaling: float) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        a_low, b_low = a.to(x.dtype), (b * scaling).to(x.dtype)
        hidden = flat @ a_low.t()
        y = torch.mm(flat, weight.t()).addmm_(hidden, b_low.t())
        ctx.save_for_backward(flat, weight, a_low, b_low, hidden)
        ctx.scaling, ctx.shape = scaling, x.shape
        return y.view(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor, None]:
        flat, weight, a_low, b_low, hidden = ctx.saved_tensors
        grad = grads[0].reshape(-1, grads[0].shape[-1])
        grad_hidden = grad @ b_low
        grad_b = (grad.t() @ hidden).float() * ctx.scaling
        grad_a = (grad_hidden.t() @ flat).float()
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = torch.mm(grad, weight).addmm_(grad_hidden, a_low).view(ctx.shape)
        return grad_x, None, grad_a, grad_b, None


def fuse_lora(model: nn.Module) -> int:
    """Let every plain PEFT linear layer of the model use `FusedLora`; returns how many do.

    Layers with a bias, dropout or DoRA keep PEFT's own forward, as does a call while the adapter is disabled.
    """
    from peft.tuners.lora.layer import Linear

    plain = [m for m in model.modules() if type(m) is Linear and _is_plain(m)]
    for layer in plain:
        layer.peft_forward = layer.forward  # type: ignore[assignment]
        layer.forward = types.MethodType(_fused_forward, layer)
    return len(plain)


def _is_plain(layer: Any) -> bool:
    no_dropout = all(isinstance(d, nn.Identity) for d in layer.lora_dropout.values())
    return layer.base_layer.bias is None and no_dropout and not any(layer.use_dora.values())


def _fused_forward(self: Any, x: Tensor, *args: Any, **kwargs: Any) -> Any:
    if self.disable_adapters or self.merged or len(self.active_adapters) != 1 or args or kwargs:
        return self.peft_forward(x, *args, **kwargs)
    name = self.active_adapters[0]
    weight = self.base_layer.weight
    a, b = self.lora_A[name].weight, self.lora_B[name].weight
    return FusedLora.apply(x.to(weight.dtype), weight, a, b, self.scaling[name])  # type: ignore[no-untyped-call]


def labelled_loss(language_model: Any, token_ids: Tensor, labels: Tensor, *, count: Tensor | int | None) -> Tensor:
    """Cross entropy of a causal language model, computed only at positions that have a label.

    `token_ids` and `labels` are [batch, length], padded on the right. The sum of nats is divided by `count` (all
    labelled tokens of the optimiser step), or by the labels at hand. No attention mask: with right padding no real
    position can see a padded one.
    """
    decoder, head = language_model.get_decoder(), language_model.get_output_embeddings()
    hidden = decoder(input_ids=token_ids, attention_mask=None, use_cache=False).last_hidden_state
    targets = labels[:, 1:].reshape(-1)
    chosen = (targets != IGNORED).nonzero().squeeze(1)
    wanted = hidden[:, :-1].reshape(-1, hidden.shape[-1]).index_select(0, chosen)
    total = F.cross_entropy(head(wanted).float(), targets[chosen], reduction="sum")
    return total / (count if count is not None else max(1, chosen.numel()))


def register_attention() -> str:
    """Make `ATTENTION` known to transformers and return its name."""
    from transformers import AttentionInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask

    AttentionInterface.register(ATTENTION, short_attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(ATTENTION, sdpa_mask)
    return ATTENTION


def short_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, None]:
    """Causal attention by two batched products when short and unmasked, else transformers' SDPA attention."""
    length = query.shape[2]
    if attention_mask is not None or length > SHORT or query.device.type != "cpu" or key.shape[2] != length:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)  # type: ignore[no-any-return]
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scale = options.get("scaling") or query.shape[-1] ** -0.5
    future = torch.full((length, length), float("-inf"), dtype=query.dtype).triu_(1)
    weights = torch.matmul(query, key.transpose(-1, -2)) * scale + future
    return torch.matmul(weights.softmax(-1), value).transpose(1, 2).contiguous(), None
