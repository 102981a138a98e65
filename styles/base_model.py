"""The base model: where its files are and what exactly they are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.errors import BaseModelError

STARTER = "starter"
_STARTER_FOLDER = Path(__file__).with_name("starter")
_WHOLE_FILE_LIMIT = 512 * 2**20  # larger weight files are told apart by size and both ends


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A chat model on disk. `revision` is the hub's commit, or "local"; `digest` tells its files apart."""

    name: str
    path: Path
    revision: str
    digest: str


def find_base_model(name: str, *, token: str | None = None) -> BaseModel:
    """Find a base model: `starter`, a local folder, or a Hugging Face id (downloaded once if the hub is reachable)."""
    if name == STARTER:
        return _local(STARTER, _STARTER_FOLDER)
    path = Path(name).expanduser()
    if path.is_dir():
        return _local(name, path.resolve())
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise BaseModelError(
            f'There is no base model "{name}". Use "starter", a folder with a model, '
            'or a Hugging Face id such as "Qwen/Qwen3-4B-Instruct-2507".'
        )
    return _from_hub(name, token=token)


def load_tokenizer(base: BaseModel) -> Any:
    """The tokenizer of a base model (a `transformers` fast tokenizer)."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(base.path)
    except (OSError, ValueError, KeyError) as error:
        raise BaseModelError(f"The tokenizer of {base.name} in {base.path} cannot be loaded: {error}") from error


def load_weights(base: BaseModel, *, dtype: str, device: str, quantization: Any = None) -> Any:
    """The model itself, as `transformers` loads it; never runs code that came with the weights.

    `quantization` is a configuration of `transformers` for loading in fewer bits.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    fewer_bits = {"quantization_config": quantization, "device_map": device} if quantization else {}
    try:
        model = AutoModelForCausalLM.from_pretrained(base.path, dtype=dtype, use_safetensors=True, **fewer_bits)
    except (OSError, ValueError, KeyError) as error:
        raise BaseModelError(f"The base model {base.name} in {base.path} cannot be loaded: {error}") from error
    return model if quantization else model.to(device)


def _local(name: str, path: Path) -> BaseModel:
    for needed in ("config.json", "tokenizer.json"):
        if not (path / needed).is_file():
            raise BaseModelError(f'The base model "{name}" has no {needed} in {path}.')
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        raise BaseModelError(f'The base model "{name}" has no *.safetensors weights in {path}.')
    return BaseModel(name, path, "local", _digest([path / "config.json", path / "tokenizer.json", *weights]))


def _from_hub(name: str, *, token: str | None) -> BaseModel:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.jinja", "tokenizer*", "*.model"]
    try:
        path = Path(snapshot_download(name, allow_patterns=wanted, token=token))
    except RepositoryNotFoundError as error:
        raise BaseModelError(
            f'Hugging Face has no model "{name}" that you may read. Check the id; for a gated model set HF_TOKEN.'
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise BaseModelError(
            f'The base model "{name}" is not on this machine and Hugging Face cannot be reached. '
            'Connect once to download it, point [model] base at a local folder, or use base = "starter".'
        ) from error
    local = _local(name, path)
    return BaseModel(name, path, path.name, local.digest)


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(json.dumps([file.name, file.stat().st_size]).encode())
        with file.open("rb") as opened:
            if file.stat().st_size <= _WHOLE_FILE_LIMIT:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
                continue
            whole.update(opened.read(2**20))
            opened.seek(-(2**20), 2)
            whole.update(opened.read())
    return whole.hexdigest()[:16]
