from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from conversations.errors import VoiceRefused
from styles.base_model import BaseModel, find_base_model, load_weights
from styles.voices import Manifest, VoiceRegistry, VoiceVersion
from tests.tiny import save_tiny_base
from tests.training.test_kernels import lora_model
from training.export import export_merged, push_adapter


@pytest.fixture
def base(tmp_path: Path) -> BaseModel:
    return find_base_model(str(save_tiny_base(tmp_path / "base")))


@pytest.fixture
def voice(tmp_path: Path, base: BaseModel) -> VoiceVersion:
    registry = VoiceRegistry(tmp_path / "voices")
    staging = registry.stage("tea")
    lora_model().save_pretrained(staging)
    (staging / "README.md").write_text("# The voice of tea\n")
    return registry.publish(staging, Manifest("tea", 0, "tiny", "local", base.digest, "d", {}, 0, "h", {}, "now"))


def test_the_exported_model_says_what_the_voice_says(tmp_path: Path, base: BaseModel, voice: VoiceVersion) -> None:
    export_merged(voice, base, tmp_path / "out")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    adapted = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), str(voice.path))
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        bare = load_weights(base, dtype="float32", device="cpu")(input_ids=ids).logits
        difference = (merged(input_ids=ids).logits - adapted(input_ids=ids).logits).abs().max()
        moved = (adapted(input_ids=ids).logits - bare).abs().max()
    assert difference < 0.1 * moved  # bf16 rounds; the voice is far from the bare base all the same
    assert {"tokenizer.json", "chat_template.jinja", "README.md"} <= {p.name for p in (tmp_path / "out").iterdir()}


def test_a_full_folder_or_another_base_is_refused(tmp_path: Path, base: BaseModel, voice: VoiceVersion) -> None:
    with pytest.raises(VoiceRefused, match="not empty"):
        export_merged(voice, base, tmp_path)
    with pytest.raises(VoiceRefused, match="was trained on tiny"):
        export_merged(voice, replace(base, digest="other"), tmp_path / "out")


def test_a_hub_that_cannot_be_reached_is_a_sentence(voice: VoiceVersion) -> None:
    with pytest.raises(VoiceRefused, match="was not pushed"):
        push_adapter(voice, "me/tea", token="hf_none", endpoint="http://127.0.0.1:9")
