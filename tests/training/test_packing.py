"""Packed rows: the same loss and gradients as apart, and nothing of one in another."""

from typing import Any

import pytest
import torch

from styles.rendering import IGNORED
from tests.training.test_kernels import ROWS, gradients, lora_model
from training.batches import pad
from training.kernels import fuse, labelled_loss
from training.packing import pack, register_packed


def packed_loss(model: Any, rows: Any) -> torch.Tensor:
    batch = pack(rows)
    ids, labels = batch.pop("input_ids"), batch.pop("labels")
    return labelled_loss(model.get_base_model(), ids, labels, count=None, **batch)


def packed_model() -> Any:
    model = lora_model()
    model.get_base_model().set_attn_implementation(register_packed())
    fuse(model)
    return model


def test_a_packed_batch_has_the_loss_and_the_gradients_of_a_padded_one() -> None:
    apart, together = lora_model(), packed_model()
    batch = pad(ROWS, pad_token=0)
    stock = labelled_loss(apart.get_base_model(), batch["input_ids"], batch["labels"], count=None)
    ours = packed_loss(together, ROWS)
    stock.backward(), ours.backward()
    assert ours.item() == pytest.approx(stock.item(), rel=1e-5)
    for name, gradient in gradients(apart).items():
        assert torch.allclose(gradients(together)[name], gradient, rtol=1e-4, atol=1e-6), name


@pytest.mark.parametrize("use_cache", [False, True])
def test_nothing_leaks_from_one_packed_row_into_another(use_cache: bool) -> None:
    model = packed_model()
    other = [{"input_ids": list(range(60, 80)), "labels": ROWS[0]["labels"]}, ROWS[1]]
    inputs = [{k: v for k, v in pack(rows).items() if k != "labels"} for rows in (ROWS, other)]
    with torch.no_grad():
        one, two = (model.get_base_model()(**some, use_cache=use_cache).logits[0, 20:] for some in inputs)
    assert torch.equal(one, two)


def test_the_first_token_of_a_packed_row_is_never_learned_from_the_row_before() -> None:
    labelled = [{"input_ids": [5, 6, 7], "labels": [5, 6, 7]}] * 2
    assert pack(labelled)["labels"].tolist() == [[IGNORED, 6, 7, IGNORED, 6, 7]]


def test_positions_begin_anew_in_every_row() -> None:
    batch = pack(ROWS)
    assert batch["position_ids"].tolist() == [[*range(20), *range(8)]]
    assert batch["cu_seq_lens_q"].tolist() == [0, 20, 28]
    assert batch["max_length_q"] == 20


def test_what_is_not_packed_takes_the_ordinary_attention() -> None:
    model = lora_model()
    ids = torch.tensor([ROWS[0]["input_ids"]])
    with torch.no_grad():
        before = model(input_ids=ids).logits
        model.get_base_model().set_attn_implementation(register_packed())
        after = model(input_ids=ids).logits
    assert torch.allclose(before, after, atol=1e-5)
