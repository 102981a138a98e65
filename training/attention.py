"""Attention for training: short rows on a CPU by plain products, rotary positions in half the passes."""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import Tensor, nn

SHORT = 256  # up to here two plain products beat the fused attention's backward on a CPU
ATTENTION = "brandvoice_short"
ROTARY = "apply_rotary_pos_emb"  # as transformers calls it in the modules of its models


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
    rows, heads, length, width = query.shape
    if attention_mask is not None or length > SHORT or query.device.type != "cpu" or key.shape[2] != length:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)  # type: ignore[no-any-return]
    groups = heads // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scale = options.get("scaling") or width**-0.5
    future = torch.full((length, length), float("-inf"), dtype=query.dtype).triu_(1)
    flat = (rows * heads, length, width)
    weights = torch.baddbmm(future, query.reshape(flat), key.reshape(flat).transpose(1, 2), alpha=scale).softmax(-1)
    mixed = torch.bmm(weights, value.reshape(flat)).view(rows, heads, length, width)
    return mixed.transpose(1, 2).contiguous(), None


class Rotation(torch.autograd.Function):
    """x turned by its positions: x cos + (the halves of x swapped, the first negated) sin; the angles are given."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        half = x.shape[-1] // 2
        turned = x * cos
        turned[..., :half].addcmul_(x[..., half:], sin[..., :half], value=-1)
        turned[..., half:].addcmul_(x[..., :half], sin[..., half:])
        return turned

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,), (cos, sin) = grads, ctx.saved_tensors
        half = grad.shape[-1] // 2
        back = grad * cos
        back[..., :half].addcmul_(grad[..., half:], sin[..., half:])
        back[..., half:].addcmul_(grad[..., :half], sin[..., :half], value=-1)
        return back, None, None


def rotate(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, unsqueeze_dim: int = 1) -> tuple[Tensor, Tensor]:
    """What transformers' function of rotary positions gives for queries and keys of [batch, heads, length, width]."""
    cos, sin = cos.unsqueeze(unsqueeze_dim), sin.unsqueeze(unsqueeze_dim)
    return Rotation.apply(q, cos, sin), Rotation.apply(k, cos, sin)  # type: ignore[no-untyped-call]


def fuse_rotary(model: nn.Module) -> int:
    """Let every attention of the model turn its queries and keys by `rotate`, where that equals what it does now.

    Only this model's modules are changed: each gets its own forward with another function under that name.
    Returns how many do.
    """
    fused = 0
    fitting: dict[Any, bool] = {}
    for module in model.modules():
        code = getattr(type(module).forward, "__code__", None)
        if code is None or ROTARY not in code.co_names or type(module).forward.__closure__:
            continue
        own = type(module).forward.__globals__.get(ROTARY)
        if own not in fitting:
            fitting[own] = _is_repeated(own)
        if fitting[own]:
            module.forward = types.MethodType(_with_rotation(type(module).forward), module)
            fused += 1
    return fused


def _with_rotation(forward: Any) -> Any:
    names = {**forward.__globals__, ROTARY: rotate}
    return types.FunctionType(forward.__code__, names, "_turning_forward", forward.__defaults__)


def _is_repeated(own: Any) -> bool:
    """Whether a model's own rotary function gives what `rotate` does, and its gradient, on one made-up input."""
    wave = torch.arange(2 * 3 * 5 * 8, dtype=torch.float32).reshape(2, 3, 5, 8)
    q, k = wave.mul(0.7).sin().requires_grad_(), wave.mul(0.3).cos().requires_grad_()
    cos, sin = wave[:, 0].mul(0.1).cos(), wave[:, 0].mul(0.1).sin()
    try:
        one, two = (torch.stack(f(q, k, cos, sin)) for f in (own, rotate))
        steep, as_steep = (torch.stack(torch.autograd.grad((y * wave.sin()).sum(), (q, k))) for y in (one, two))
    except (RuntimeError, TypeError, ValueError):
        return False
    return torch.allclose(one, two, rtol=1e-5, atol=1e-6) and torch.allclose(steep, as_steep, rtol=1e-5, atol=1e-6)
