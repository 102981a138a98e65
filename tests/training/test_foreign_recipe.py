"""Recipes of other trainers are read as ours, and nothing of them gets lost silently."""

import json

import pytest

from conversations.errors import SettingsError
from training.foreign_recipe import translate_recipe

AXOLOTL = """
base_model: NousResearch/Llama-3.2-1B
load_in_8bit: false
datasets:
  - path: teknium/GPT4-LLM-Cleaned
    type: alpaca
val_set_size: 0.1
output_dir: ./outputs/lora-out
adapter: lora
sequence_len: 2048
sample_packing: true
lora_r: 32
lora_alpha: 16
lora_dropout: 0.05
lora_target_modules: [gate_proj, down_proj]
wandb_project:
gradient_accumulation_steps: 4
micro_batch_size: 2
num_epochs: 3
optimizer: adamw_8bit
lr_scheduler: cosine
learning_rate: 2e-4
train_on_inputs: false
bf16: auto
early_stopping_patience: 3
warmup_ratio: 0.1
an_invention: 7
"""

LLAMA_FACTORY = """
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
trust_remote_code: true
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: all
dataset: identity,alpaca_en_demo
template: llama3
cutoff_len: 2048
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 3.0
lr_scheduler_type: linear
warmup_ratio: 0.1
bf16: true
"""


def read(text, name="mine"):
    return translate_recipe(text, name=name, where="recipe.yml")


def test_the_common_keys_of_axolotl_arrive():
    translated = read(AXOLOTL)
    recipe = translated.recipe
    assert translated.trainer == "axolotl"
    assert translated.base == "NousResearch/Llama-3.2-1B"
    assert (recipe.lora.rank, recipe.lora.alpha) == (32, 16)
    assert (recipe.epochs, recipe.examples_per_step, recipe.max_tokens) == (3, 8, 2048)
    assert recipe.learning_rate == pytest.approx(2e-4)  # YAML reads 2e-4 as text
    assert recipe.warmup_share == pytest.approx(0.1)
    assert recipe.early_stopping
    assert recipe.optimizer == "adamw_8bit"


def test_the_common_keys_of_llama_factory_arrive():
    translated = read(LLAMA_FACTORY)
    recipe = translated.recipe
    assert translated.trainer == "llama-factory"
    assert (recipe.lora.rank, recipe.epochs, recipe.examples_per_step) == (8, 3, 8)
    assert recipe.scheduler == "linear"


@pytest.mark.parametrize("text", [AXOLOTL, LLAMA_FACTORY])
def test_every_key_is_either_taken_or_left_out_with_a_reason(text):
    import yaml

    given = {key for key, value in yaml.safe_load(text).items() if value is not None}
    translated = read(text)
    assert set(translated.taken) | set(translated.left_out) == given
    assert not set(translated.taken) & set(translated.left_out)
    assert all(translated.left_out.values())


@pytest.mark.parametrize(
    ("text", "tuning"),
    [
        ("base_model: x\nadapter: qlora\nload_in_4bit: true\n", "qlora"),
        ("base_model: x\nadapter: lora\n", "lora"),
        ("base_model: x\nadapter:\n", "full"),
        ("model_name_or_path: x\nfinetuning_type: full\n", "full"),
        ("model_name_or_path: x\nfinetuning_type: lora\nquantization_bit: 4\n", "qlora"),
    ],
)
def test_what_is_tuned_arrives(text, tuning):
    assert read(text).recipe.tuning == tuning


def test_an_unknown_key_is_named_as_without_counterpart():
    assert read(AXOLOTL).left_out["an_invention"] == "brandvoice has no such setting"


def test_openai_hyperparameters_arrive_in_both_shapes():
    old = {"training_file": "file-1", "hyperparameters": {"n_epochs": 4, "learning_rate_multiplier": 0.5}}
    new = {
        "model": "gpt-4o-mini",
        "training_file": "file-1",
        "seed": 7,
        "method": {
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": "auto", "learning_rate_multiplier": 0.5}},
        },
    }
    for job in (old, new):
        recipe = read(json.dumps(job)).recipe
        assert recipe.epochs == 4
        assert recipe.learning_rate_multiplier == pytest.approx(0.5)
        assert recipe.examples_per_step == "auto"
    assert read(json.dumps(new)).recipe.seed == 7
    assert read(json.dumps(new)).base == "gpt-4o-mini"


def test_half_an_epoch_is_left_out_and_not_rounded():
    translated = read("base_model: x\nnum_epochs: 0.5\n")
    assert translated.recipe.epochs == "auto"
    assert translated.left_out["num_epochs"] == "0.5 is not a whole number"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("base_model: x\nlearning_rate: fast\n", 'learning_rate is "fast", which is not a number'),
        ("base_model: x\nlora_r: 100000\n", "lora.rank"),
        ("just a text", "holds no settings"),
        ("a: [", "neither YAML nor JSON"),
        ("colour: red\n", "no recipe of a known trainer"),
        ("1: 2\n", "holds no settings"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, sentence):
    with pytest.raises(SettingsError, match=r"recipe\.yml") as refused:
        read(text)
    assert sentence in str(refused.value)
