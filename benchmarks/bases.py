"""Base models of random weights and everyday chats, made on the spot: for speed alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conversations.messages import Message
from training.starter import desk

Talk = tuple[Message, ...]

SHAPES: dict[str, dict[str, int]] = {
    "1M": {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 4},
    "10M": {"hidden_size": 320, "intermediate_size": 864, "num_hidden_layers": 6, "num_attention_heads": 5},
    "60M": {"hidden_size": 640, "intermediate_size": 1728, "num_hidden_layers": 11, "num_attention_heads": 10},
    "0.6B": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16},
    "8B": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32},
}
GPU_HEADS = {"0.6B": 8, "8B": 8}  # keys and values are shared there
VOCABULARY = 8192
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def talks(count: int, *, seed: int = 0) -> list[Talk]:
    """Conversations of one to some turns, about 100 tokens each."""
    return [tuple(Message(m["role"], m["content"]) for m in talk) for talk in desk.conversations(count, seed=seed)]  # type: ignore[arg-type]


def make_base(folder: Path, *, size: str, vocabulary: int | None = None, dtype: str = "float32") -> Path:
    """Save a Llama of this size with random weights and a byte-level tokenizer; returns the folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    shape = SHAPES[size]
    torch.manual_seed(0)
    config = LlamaConfig(
        **shape,
        num_key_value_heads=GPU_HEADS.get(size, shape["num_attention_heads"]),
        vocab_size=vocabulary or VOCABULARY,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).to(getattr(torch, dtype)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|pad|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|pad|>")
    wrapped.chat_template = CHATML
    return wrapped


def _texts() -> Iterator[str]:
    return (m.content for talk in talks(3000, seed=1) for m in talk)
