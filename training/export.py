"""Export: a voice as an ordinary model, its LoRA adapter merged into the base."""

from __future__ import annotations

from pathlib import Path

from conversations.errors import VoiceRefused
from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.voices import VoiceVersion, verify


def export_merged(voice: VoiceVersion, base: BaseModel, target: Path) -> None:
    """Write a model folder that plain `transformers` loads: merged bf16 safetensors, tokenizer, template, model card.

    Merging rounds: the exported model is the voice up to bf16. Raises `VoiceRefused` for another base, damaged files,
    or a target that is not empty.
    """
    from peft import PeftModel

    if voice.manifest.base_digest != base.digest:
        raise VoiceRefused(f"{voice.reference} was trained on {voice.manifest.base}, not on {base.name}.")
    if target.exists() and any(target.iterdir()):
        raise VoiceRefused(f"{target} is not empty. Name a new folder.")
    verify(voice)
    model = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), str(voice.path))
    model.merge_and_unload().to(dtype=_bfloat16()).save_pretrained(target)
    load_tokenizer(base).save_pretrained(target)
    (target / "README.md").write_text((voice.path / "README.md").read_text(encoding="utf-8"), encoding="utf-8")


def _bfloat16() -> object:
    import torch

    return torch.bfloat16


def push_adapter(voice: VoiceVersion, repository: str, *, token: str | None, endpoint: str | None = None) -> str:
    """Upload the version's folder to a private repository of a Hugging Face hub; returns its address."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    verify(voice)
    api = HfApi(endpoint=endpoint, token=token)
    try:
        made = api.create_repo(repository, private=True, exist_ok=True)
        api.upload_folder(folder_path=voice.path, repo_id=made.repo_id, commit_message=voice.reference)
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise VoiceRefused(f"{voice.reference} was not pushed to {repository}: {reason}. Is HF_TOKEN set?") from error
    return str(made)
