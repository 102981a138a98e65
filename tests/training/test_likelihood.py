from pathlib import Path

import pytest
import torch

from conversations.errors import VoiceRefused
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.rendering import IGNORED, Rendered, Renderer
from training.likelihood import Likelihood, Loss, losses, mean_loss
from training.plan import Machine

MACHINE = Machine("cpu", "float32", 1)
CHATS = [
    (Message("user", "Where is my order?"), Message("assistant", "On its way, it comes today.")),
    (Message("user", "Hi"), Message("assistant", "Hello!")),
    (Message("user", "Can I pay later? " * 12), Message("assistant", "Yes, within 14 days of the invoice. " * 8)),
]


@pytest.fixture(scope="module")
def rendered(base: BaseModel) -> list[Rendered]:
    renderer = Renderer(load_tokenizer(base))
    return [renderer.render(chat) for chat in CHATS]


def test_losses_are_those_of_a_plain_forward_in_the_given_order(base: BaseModel, rendered: list[Rendered]) -> None:
    model = load_weights(base, dtype="float32", device="cpu").eval()
    measured = losses(base, None, rendered, MACHINE)
    for loss, one in zip(measured, rendered, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([one.token_ids])).logits[0, :-1]
        labels = torch.tensor(one.labels[1:])
        plain = torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
        assert loss.nats == pytest.approx(float(plain), rel=1e-4)
        assert loss.tokens == one.target_count


def test_adapters_change_the_losses_and_leave_the_base_as_it_was(
    base: BaseModel, rendered: list[Rendered], adapters: list[Path]
) -> None:
    likelihood = Likelihood(base, MACHINE)
    before = likelihood.losses(rendered)
    first, second = (likelihood.losses(rendered, adapter=adapter) for adapter in adapters)
    assert first != before
    assert second != first
    assert likelihood.losses(rendered, adapter=adapters[0]) == first
    assert likelihood.losses(rendered) == before
    assert losses(base, adapters[1], rendered, MACHINE) == second


def test_a_conversation_without_a_label_costs_nothing(base: BaseModel, rendered: list[Rendered]) -> None:
    silent = Rendered(rendered[0].token_ids, (IGNORED,) * len(rendered[0].token_ids))
    assert losses(base, None, [silent], MACHINE) == [Loss(0.0, 0)]
    assert losses(base, None, [], MACHINE) == []


def test_a_folder_without_safetensors_is_refused(base: BaseModel, rendered: list[Rendered], tmp_path: Path) -> None:
    with pytest.raises(VoiceRefused, match=r"no adapter_model\.safetensors"):
        losses(base, tmp_path, rendered, MACHINE)


def test_an_adapter_that_does_not_fit_is_refused(
    base: BaseModel, rendered: list[Rendered], adapters: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"not safetensors")
    (tmp_path / "adapter_config.json").write_bytes((adapters[0] / "adapter_config.json").read_bytes())
    with pytest.raises(VoiceRefused, match="does not fit"):
        losses(base, tmp_path, rendered, MACHINE)


def test_the_mean_is_per_token_and_absent_when_nothing_was_measured() -> None:
    assert mean_loss([Loss(2.0, 1), Loss(4.0, 3)]) == 1.5
    assert mean_loss([]) is None
    assert mean_loss([Loss(float("nan"), 3)]) is None
