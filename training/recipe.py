"""A recipe: the training method and its numbers, as a person wrote them down."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conversations.errors import NotFound, SettingsError
from styles.style import faults_sentence

Auto = Literal["auto"]
Method = Literal["sft", "sft+dpo", "sft+kto", "auto"]  # auto: what the data can carry


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lora(_Spec):
    """The shape of the LoRA adapter; the same for every voice of one base model, so that voices can be swapped."""

    rank: int = Field(default=16, ge=1, le=256)
    alpha: int = Field(default=32, ge=1, le=1024)
    targets: str = "all-linear"


class Replay(_Spec):
    """General conversations trained on beside the brand's, so that less is forgotten: their share of all examples.

    `conversations` is "bundled" (everyday customer talk) or a file in any format that `brandvoice import` reads.
    """

    share: Annotated[float, Field(ge=0, lt=1)] | Auto = "auto"
    conversations: str = Field(default="bundled", min_length=1)


class Limits(_Spec):
    """What a run may take. Beyond its minutes it ends in good order, with the best adapter so far."""

    minutes: float | None = Field(default=None, gt=0)
    memory_gb: float | None = Field(default=None, gt=0)  # a run that is expected to need more is not started


class Prefer(_Spec):
    """Preference training after SFT: DPO on pairs, KTO on votes. Below `…_at_least` rows there is too little to learn.

    `balance` is how much all wanted replies weigh against all unwanted ones in KTO, however many there are of each.
    """

    beta: float = Field(default=0.1, gt=0, le=10)
    dpo_learning_rate: float | Auto = "auto"
    kto_learning_rate: float | Auto = "auto"
    epochs: int = Field(default=1, ge=1, le=20)
    sft_weight: float = Field(default=0.2, ge=0, le=10)  # of the chosen reply's own loss beside DPO's
    pairs_at_least: int = Field(default=24, ge=2)
    votes_at_least: int = Field(default=24, ge=2)  # up, and as many down
    rows_at_most: int = Field(default=2_000, ge=2)  # the newest ones
    balance: float = Field(default=1.15, ge=1, le=1.34)


class Cloud(_Spec):
    """What `launch = "skypilot"` asks for: `gpus` as SkyPilot names them, `bucket` for checkpoints of spot machines."""

    gpus: str = Field(default="L4:1", pattern=r"^[A-Za-z0-9-]+(:[0-9]+)?$")
    infra: str = ""  # a cloud, region or cluster (aws/us-east-1, k8s, slurm/…); empty: the cheapest that is set up
    spot: bool = True
    disk_gb: int = Field(default=100, ge=50)
    bucket: str = Field(default="", pattern=r"^((s3|gs|r2|az|cos|oci|nebius)://\S+)?$")


class Checkpointing(_Spec):
    """How often a run saves where it is: after whichever comes first."""

    every_seconds: float = Field(default=30.0, gt=0)
    every_steps: int = Field(default=200, ge=1)
    keep: int = Field(default=2, ge=1, le=20)


class Recipe(_Spec):
    """Everything a run depends on besides its data and its base model. `auto` numbers come from the plan."""

    name: str = Field(min_length=1, max_length=60)
    method: Method = "sft"
    start: Literal["base", "current"] = "base"  # afresh on all data, or on from the LoRA adapter that speaks now
    tuning: Literal["lora", "qlora", "full"] = "lora"  # what is trained; each ends in a LoRA adapter
    lora: Lora = Lora()
    epochs: int | Auto = "auto"
    learning_rate: float | Auto = "auto"
    learning_rate_multiplier: float = Field(default=1.0, gt=0, le=100)  # times the learning rate, given or worked out
    examples_per_step: int | Auto = "auto"
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    optimizer: Literal["adamw", "adafactor", "adamw_8bit"] = "adamw"  # the last needs a GPU and bitsandbytes
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    max_tokens: int = Field(default=1024, ge=16, le=131_072)
    min_examples: int = Field(default=40, ge=1)
    early_stopping: bool = True  # keep the epoch with the lowest holdout loss
    seed: int = Field(default=0, ge=0, lt=2**32)
    packing: bool | Auto = "auto"  # the rows of a batch in one, without padding; auto: on GPUs that torch has it for
    gradient_checkpointing: bool | Auto = (
        "auto"  # compute activations again instead of keeping them; auto: if they fill
    )
    launch: Literal["local", "torchrun", "skypilot"] = "local"
    processes: Annotated[int, Field(ge=1, le=64)] | Auto = "auto"  # of torchrun; auto: one for each GPU of the machine
    sharding: Literal["none", "fsdp"] = "none"  # fsdp: the base model is spread over the processes
    cloud: Cloud = Cloud()
    replay: Replay = Replay()
    prefer: Prefer = Prefer()
    limits: Limits = Limits()
    reporters: tuple[Literal["tensorboard", "wandb", "mlflow", "trackio"], ...] = ()
    checkpoint: Checkpointing = Checkpointing()


def load_recipe(name: str, *, folder: Path | None = None) -> Recipe:
    """A recipe by name: `recipes/NAME.toml` of the workspace, else one that ships with brandvoice."""
    own = folder / f"{name}.toml" if folder else None
    if own and own.is_file():
        return parse_recipe(own.read_text(encoding="utf-8-sig"), where=str(own))
    shipped = resources.files("training") / "recipes" / f"{name}.toml"
    if "/" in name or not shipped.is_file():
        known = ", ".join(recipe_names(folder))
        raise NotFound(f'There is no recipe "{name}". Known recipes: {known}.')
    return parse_recipe(shipped.read_text(encoding="utf-8"), where=f"{name}.toml")


def recipe_names(folder: Path | None = None) -> list[str]:
    shipped = {p.name.removesuffix(".toml") for p in (resources.files("training") / "recipes").iterdir()}
    own = {p.stem for p in folder.glob("*.toml")} if folder else set()
    return sorted(shipped | own)


def parse_recipe(text: str, *, where: str) -> Recipe:
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where} is not valid TOML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(faults_sentence(where, error)) from error
