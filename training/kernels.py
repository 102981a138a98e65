"""Faster arithmetic for LoRA fine-tuning of short chats, equal to the plain one: only torch, PEFT and transformers."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styles.rendering import IGNORED
from training.attention import fuse_rotary

_OURS = {"_fused_forward", "_fused_norm", "_turning_forward"}
SHARED_INPUT = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))  # in the order in which blocks call them


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


class SharedLora(torch.autograd.Function):
    """Some LoRA layers with the same input at once: one product with all A, and one chain for the gradient of x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scaling: float, *tensors: Tensor) -> tuple[Tensor, ...]:
        """`tensors` are all weights, then all A, then all B; A and B of one rank."""
        n = len(tensors) // 3
        weights = tensors[:n]
        flat = x.reshape(-1, x.shape[-1])
        a_low = torch.cat(tensors[n : 2 * n]).to(x.dtype)
        b_low = [(b * scaling).to(x.dtype) for b in tensors[2 * n :]]
        hidden = flat @ a_low.t()
        parts = hidden.chunk(n, 1)
        outputs = [torch.mm(flat, w.t()).addmm_(h, b.t()) for w, h, b in zip(weights, parts, b_low, strict=True)]
        ctx.save_for_backward(flat, a_low, hidden, *weights, *b_low)
        ctx.scaling, ctx.shape = scaling, x.shape
        return tuple(y.view(*x.shape[:-1], y.shape[-1]) for y in outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        flat, a_low, hidden, *rest = ctx.saved_tensors
        n = len(rest) // 2
        weights, b_low = rest[:n], rest[n:]
        flat_grads = [g.reshape(-1, g.shape[-1]) for g in grads]
        grad_hidden = torch.cat([g @ b for g, b in zip(flat_grads, b_low, strict=True)], 1)
        parts = hidden.chunk(n, 1)
        grad_b = [(g.t() @ h).float() * ctx.scaling for g, h in zip(flat_grads, parts, strict=True)]
        grad_a = (grad_hidden.t() @ flat).float().chunk(n)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_hidden @ a_low
            for g, w in zip(flat_grads, weights, strict=True):
                grad_x.addmm_(g, w)
            grad_x = grad_x.view(ctx.shape)
        return grad_x, None, *(None for _ in weights), *grad_a, *grad_b


class LoraGroup:
    """Layers that are called one after another with the same input: the first call answers for all of them.

    Which input it was is told by identity, so that a layer that is called otherwise computes for itself.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = tuple(layers)
        self._input: Tensor | None = None
        self._answers: dict[int, Tensor] = {}

    def forward(self, layer: Any, x: Tensor) -> Tensor:
        answer = self._answers.pop(id(layer), None) if self._input is x else None
        if not self._answers:
            self._input = None
        if answer is not None:
            return answer
        if layer is not self.layers[0] or not all(_is_active(other) for other in self.layers):
            return _alone(layer, x)
        answers = self._compute(x)
        self._input, self._answers = x, dict(zip(map(id, self.layers[1:]), answers[1:], strict=True))
        return answers[0]

    def _compute(self, x: Tensor) -> tuple[Tensor, ...]:
        name = self.layers[0].active_adapters[0]
        weights = [layer.base_layer.weight for layer in self.layers]
        a = [layer.lora_A[name].weight for layer in self.layers]
        b = [layer.lora_B[name].weight for layer in self.layers]
        scaling = self.layers[0].scaling[name]
        return SharedLora.apply(x.to(weights[0].dtype), scaling, *weights, *a, *b)  # type: ignore[no-untyped-call,no-any-return]


def fuse(model: nn.Module) -> None:
    """Give a PEFT model every faster layer that is proven to equal its own; the rest of it stays as it is."""
    fuse_lora(model)
    fuse_norms(model)
    fuse_rotary(model)


@contextlib.contextmanager
def plain(model: Any) -> Iterator[None]:
    """The model with the layers and the attention that its libraries gave it, for as long as this is open."""
    fused = [(m, m.__dict__.pop("forward")) for m in model.modules() if "forward" in m.__dict__ and _is_ours(m)]
    attention = model.config._attn_implementation  # noqa: SLF001 - transformers has no other name for it
    model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        model.set_attn_implementation(attention)
        for module, forward in fused:
            module.forward = forward


def unfuse(model: Any) -> None:
    """Take every faster layer away again."""
    for module in model.modules():
        if "forward" in module.__dict__ and _is_ours(module):
            del module.forward
    model.set_attn_implementation("sdpa")


def _is_ours(module: nn.Module) -> bool:
    return getattr(getattr(module.forward, "__func__", None), "__name__", "") in _OURS


def fuse_lora(model: nn.Module) -> int:
    """Let every simple PEFT linear layer of the model use `FusedLora`; returns how many do.

    Layers of one block that read the same input (`SHARED_INPUT`) share their work. Layers with a bias, dropout or DoRA
    keep PEFT's own forward, as does a call while the adapter is disabled.
    """
    from peft.tuners.lora.layer import Linear

    simple = [m for m in model.modules() if type(m) is Linear and _is_simple(m)]
    for layer in simple:
        layer.forward = types.MethodType(_fused_forward, layer)
    for block in model.modules():
        for names in SHARED_INPUT:
            layers = [getattr(block, name, None) for name in names]
            if all(layer in simple for layer in layers) and _are_alike(layers):
                group = LoraGroup(layers)
                for layer in group.layers:
                    layer.lora_group = group
    return len(simple)


def _is_simple(layer: Any) -> bool:
    no_dropout = all(isinstance(d, nn.Identity) for d in layer.lora_dropout.values())
    return layer.base_layer.bias is None and no_dropout and not any(layer.use_dora.values())


def _are_alike(layers: Sequence[Any]) -> bool:
    """Whether the layers have adapters of the same names, ranks and scalings."""
    first = layers[0]
    return all(layer.r == first.r and layer.scaling == first.scaling for layer in layers)


def _is_active(layer: Any) -> bool:
    active = layer.active_adapters
    return not layer.disable_adapters and not layer.merged and len(active) == 1 and active[0] in layer.lora_A


def _fused_forward(self: Any, x: Tensor, *args: Any, **kwargs: Any) -> Any:
    if not _is_active(self) or args or kwargs:
        return type(self).forward(self, x, *args, **kwargs)
    group = getattr(self, "lora_group", None)
    return group.forward(self, x) if group else _alone(self, x)


def _alone(layer: Any, x: Tensor) -> Tensor:
    name = layer.active_adapters[0]
    weight = layer.base_layer.weight
    a, b = layer.lora_A[name].weight, layer.lora_B[name].weight
    return FusedLora.apply(x.to(weight.dtype), weight, a, b, layer.scaling[name])  # type: ignore[no-untyped-call,no-any-return]


class FusedNorm(torch.autograd.Function):
    """y = w x / rms(x) over the last side, with w frozen; squares are summed in fp32, as transformers does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        wide = x.float()
        scale = torch.linalg.vecdot(wide, wide).div_(x.shape[-1]).add_(eps).rsqrt_().unsqueeze(-1)
        normed = (wide * scale).to(x.dtype)
        ctx.save_for_backward(normed, weight, scale)
        y: Tensor = normed * weight
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        normed, weight, scale = ctx.saved_tensors
        wanted, wide = (grads[0] * weight).float(), normed.float()
        along = torch.linalg.vecdot(wanted, wide).unsqueeze(-1).div_(wide.shape[-1])
        return torch.addcmul(wanted, wide, along, value=-1).mul_(scale).to(normed.dtype), None, None


def fuse_norms(model: nn.Module) -> int:
    """Let every RMS norm of the model whose result and gradient `FusedNorm` repeats use it; returns how many do."""
    fitting: dict[type, bool] = {}
    fused = 0
    for module in model.modules():
        if not type(module).__name__.endswith("RMSNorm") or _eps(module) is None:
            continue
        if type(module) not in fitting:
            fitting[type(module)] = _is_repeated(module)
        if fitting[type(module)]:
            module.forward = types.MethodType(_fused_norm, module)
            fused += 1
    return fused


def _eps(norm: Any) -> float | None:
    """The number that keeps a norm from dividing by zero; None where the norm is none that we know."""
    weight = getattr(norm, "weight", None)
    if weight is None or weight.requires_grad or weight.dim() != 1:
        return None
    found = getattr(norm, "variance_epsilon", None) or getattr(norm, "eps", None)
    return float(found) if isinstance(found, float) else None


def _is_repeated(norm: Any) -> bool:
    """Whether a norm's own forward and gradient are those of `FusedNorm`, in fp32 on one random input."""
    weight = torch.linspace(0.5, 1.5, len(norm.weight), device=norm.weight.device)
    own = norm.weight.data
    seed = torch.arange(3 * len(weight), device=weight.device, dtype=torch.float32).reshape(3, -1)
    probe = seed.mul(0.7).sin().requires_grad_()
    norm.weight.data = weight
    try:
        one, two = norm(probe), FusedNorm.apply(probe, norm.weight, _eps(norm))  # type: ignore[no-untyped-call]
        steep, as_steep = (torch.autograd.grad((y * seed.cos()).sum(), probe)[0] for y in (one, two))
    except (RuntimeError, TypeError, ValueError):
        return False
    finally:
        norm.weight.data = own
    return torch.allclose(one, two, rtol=1e-5, atol=1e-6) and torch.allclose(steep, as_steep, rtol=1e-4, atol=1e-5)


def _fused_norm(self: Any, x: Tensor) -> Tensor:
    return FusedNorm.apply(x, self.weight, _eps(self))  # type: ignore[no-untyped-call,no-any-return]


def labelled_loss(
    language_model: Any, token_ids: Tensor, labels: Tensor, *, count: Tensor | int | None, **layout: Any
) -> Tensor:
    """Cross entropy of a causal language model, computed only at positions that have a label.

    `token_ids` and `labels` are [batch, length], padded on the right. The sum of nats is divided by `count` (all
    labelled tokens of the optimiser step), or by the labels at hand. No attention mask: with right padding no real
    position can see a padded one. `layout` says where the rows of a packed batch begin.
    """
    decoder, head = language_model.get_decoder(), language_model.get_output_embeddings()
    hidden = decoder(input_ids=token_ids, attention_mask=None, use_cache=False, **layout).last_hidden_state
    targets = labels[:, 1:].reshape(-1)
    chosen = (targets != IGNORED).nonzero().squeeze(1)
    wanted = hidden[:, :-1].reshape(-1, hidden.shape[-1]).index_select(0, chosen)
    total = F.cross_entropy(head(wanted).float(), targets[chosen], reduction="sum")
    return total / (count if count is not None else max(1, chosen.numel()))
