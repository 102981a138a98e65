import copy
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from styles.rendering import IGNORED
from tests.tiny import tiny_model, tiny_tokenizer
from training.attention import fuse_rotary, register_attention
from training.batches import pad
from training.kernels import fuse, fuse_lora, fuse_norms, labelled_loss, plain, unfuse

ROWS: Sequence[dict[str, list[int]]] = [
    {"input_ids": list(range(5, 25)), "labels": [IGNORED] * 9 + list(range(14, 25))},
    {"input_ids": list(range(30, 38)), "labels": [IGNORED] * 3 + list(range(33, 38))},
]


def lora_model() -> Any:
    model = get_peft_model(
        tiny_model(tiny_tokenizer()), LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def test_the_labelled_loss_and_every_lora_gradient_equal_the_plain_ones_in_fp32() -> None:
    plain, fast = lora_model(), lora_model()
    fast.get_base_model().set_attn_implementation(register_attention())
    fuse(fast)
    batch = pad(ROWS, pad_token=0)
    attention = (batch["input_ids"] != 0).long()
    stock = plain(input_ids=batch["input_ids"], attention_mask=attention, labels=batch["labels"]).loss
    ours = labelled_loss(fast.get_base_model(), batch["input_ids"], batch["labels"], count=None)
    stock.backward(), ours.backward()
    assert ours.item() == pytest.approx(stock.item(), rel=1e-5)
    expected, got = gradients(plain), gradients(fast)
    assert set(expected) == set(got)
    for name, gradient in expected.items():
        assert torch.allclose(got[name], gradient, rtol=1e-4, atol=1e-6), name


def test_a_fused_layer_steps_aside_while_the_adapter_is_off() -> None:
    model = lora_model()
    bare = copy.deepcopy(model.get_base_model())
    fuse_lora(model)
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        with model.disable_adapter():
            off = model(input_ids=ids).logits
        on = model(input_ids=ids).logits
        with_plain_layers = bare(input_ids=ids).logits
    assert not torch.allclose(on, off)
    assert torch.allclose(on, with_plain_layers, atol=1e-5)


def test_the_loss_is_divided_by_the_labels_of_the_whole_step() -> None:
    model = tiny_model(tiny_tokenizer())
    batch = pad(ROWS, pad_token=0)
    alone = labelled_loss(model, batch["input_ids"], batch["labels"], count=None)
    shared = labelled_loss(model, batch["input_ids"], batch["labels"], count=32)
    labels = int((batch["labels"][:, 1:] != IGNORED).sum())
    assert shared.item() == pytest.approx(alone.item() * labels / 32, rel=1e-5)


def test_long_rows_take_the_ordinary_attention() -> None:
    model = tiny_model(tiny_tokenizer())
    ids = torch.randint(5, 200, (1, 256), generator=torch.Generator().manual_seed(0))
    longer = torch.cat([ids, ids[:, :1]], 1)  # one beyond SHORT
    with torch.no_grad():
        before = model(input_ids=longer).logits
        model.set_attn_implementation(register_attention())
        after = model(input_ids=longer).logits
        short = model(input_ids=ids).logits
    assert torch.allclose(before, after, atol=1e-5)
    assert torch.allclose(before[:, :256], short, atol=1e-4)


def test_every_kind_of_layer_of_a_llama_is_taken() -> None:
    model = lora_model()
    assert fuse_lora(model) == 14  # seven linear layers in each of two blocks
    assert fuse_norms(model) == 5
    assert fuse_rotary(model) == 2


def test_layers_that_share_an_input_compute_alone_when_called_with_another() -> None:
    model = lora_model()
    block = model.get_base_model().model.layers[0].self_attn
    x, other = torch.randn(2, 3, 64), torch.randn(2, 3, 64)
    expected = [block.q_proj(x), block.k_proj(other), block.v_proj(x), block.k_proj(x)]
    fuse_lora(model)
    got = [block.q_proj(x), block.k_proj(other), block.v_proj(x), block.k_proj(x)]
    for one, two in zip(got, expected, strict=True):
        assert torch.allclose(one, two, atol=1e-6)


class DoubledRMSNorm(torch.nn.Module):
    """A norm that is called like the others and computes something else, as Gemma's does."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(8), requires_grad=False)
        self.eps = 1e-6

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (1 + self.weight) * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


def test_a_norm_that_computes_something_else_keeps_its_own_forward() -> None:
    norm = DoubledRMSNorm()
    assert fuse_norms(norm) == 0
    assert torch.equal(norm.weight, torch.ones(8))


def test_a_norm_whose_weight_is_trained_keeps_its_own_forward() -> None:
    model = tiny_model(tiny_tokenizer())
    assert fuse_norms(model) == 0


def test_the_faster_layers_can_be_set_aside_and_taken_away() -> None:
    model = lora_model()
    language_model = model.get_base_model()
    language_model.set_attn_implementation(register_attention())
    fuse(model)

    def own() -> int:
        return sum("forward" in m.__dict__ for m in model.modules())

    fused = own()
    with plain(language_model):
        assert own() == 0
        assert language_model.config._attn_implementation == "sdpa"
    assert own() == fused == 21
    unfuse(language_model)
    assert own() == 0


def test_checkpointed_gradients_are_the_same() -> None:
    kept, recomputed = lora_model(), lora_model()
    batch = pad(ROWS, pad_token=0)
    recomputed.get_base_model().activation_checkpointing_enable()
    recomputed.enable_input_require_grads()
    for model in (kept, recomputed):
        fuse(model)
        model.train()
        labelled_loss(model.get_base_model(), batch["input_ids"], batch["labels"], count=None).backward()
    for name, gradient in gradients(kept).items():
        assert torch.allclose(gradients(recomputed)[name], gradient, atol=1e-7), name
