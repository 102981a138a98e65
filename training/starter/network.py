"""A Llama network small and plain enough to compile whole, for pretraining the starter model."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROPE_THETA = 10_000.0
NORM_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers that fix a Llama network."""

    vocabulary: int
    hidden: int
    layers: int
    intermediate: int
    heads: int
    key_value_heads: int
    context: int

    @property
    def head(self) -> int:
        return self.hidden // self.heads


class Norm(nn.Module):
    """Root-mean-square norm, computed in fp32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + NORM_EPSILON)
        return (wide * scale).to(x.dtype) * self.weight


class Attention(nn.Module):
    """Causal grouped-query attention with rotary positions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        queries, keys = shape.heads * shape.head, shape.key_value_heads * shape.head
        self.q_proj = nn.Linear(shape.hidden, queries, bias=False)
        self.k_proj = nn.Linear(shape.hidden, keys, bias=False)
        self.v_proj = nn.Linear(shape.hidden, keys, bias=False)
        self.o_proj = nn.Linear(queries, shape.hidden, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        s = self.shape

        def heads(y: Tensor, count: int) -> Tensor:
            return y.view(batch, length, count, s.head).transpose(1, 2)

        q = rotate(heads(self.q_proj(x), s.heads), cos, sin)
        k = rotate(heads(self.k_proj(x), s.key_value_heads), cos, sin)
        v = heads(self.v_proj(x), s.key_value_heads)
        groups = s.heads // s.key_value_heads
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        y = attend(q, k, v)
        out: Tensor = self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))
        return out


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention; two plain products beat the fused kernel's backward on CPU up to 256 positions."""
    length = q.shape[2]
    if length > 256:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    future = torch.full((length, length), -1e4, dtype=q.dtype).triu(1)
    weights = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5 + future
    return torch.matmul(torch.softmax(weights, -1), v)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), -1)
    return x * cos + turned * sin


class Layer(nn.Module):
    """One Llama block: attention and a gated MLP, each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = Norm(shape.hidden)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape.hidden)
        self.mlp = nn.ModuleDict(
            {
                "gate_proj": nn.Linear(shape.hidden, shape.intermediate, bias=False),
                "up_proj": nn.Linear(shape.hidden, shape.intermediate, bias=False),
                "down_proj": nn.Linear(shape.intermediate, shape.hidden, bias=False),
            }
        )

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        y = self.post_attention_layernorm(x)
        out: Tensor = x + self.mlp["down_proj"](F.silu(self.mlp["gate_proj"](y)) * self.mlp["up_proj"](y))
        return out


class Network(nn.Module):
    """The whole model; its state dict carries the names of `LlamaForCausalLM`, so it saves as one."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden)
        frequency = ROPE_THETA ** (-torch.arange(0, shape.head, 2) / shape.head)
        angles = torch.outer(torch.arange(shape.context), frequency)
        angles = torch.cat((angles, angles), -1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """Mean next-token loss in nats over a [batch, length] block of token ids."""
        length = tokens.shape[1]
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin)
        x = self.norm(x)[:, :-1].reshape(-1, self.shape.hidden)
        logits = F.linear(x, self.embed_tokens.weight)
        return F.cross_entropy(logits.float(), tokens[:, 1:].reshape(-1))


def llama_config(shape: Shape) -> dict[str, object]:
    """The `LlamaConfig` fields that describe the same network."""
    numbers = asdict(shape)
    return {
        "vocab_size": numbers["vocabulary"],
        "hidden_size": numbers["hidden"],
        "num_hidden_layers": numbers["layers"],
        "intermediate_size": numbers["intermediate"],
        "num_attention_heads": numbers["heads"],
        "num_key_value_heads": numbers["key_value_heads"],
        "max_position_embeddings": numbers["context"],
        "rms_norm_eps": NORM_EPSILON,
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROPE_THETA},
    }
