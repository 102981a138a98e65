"""Settings of a workspace: `brandvoice.toml`, validated as a whole; secrets from the environment only."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from brandvoice.canary_settings import CanarySection
from brandvoice.gate_settings import GateSection
from brandvoice.round_settings import NotifySection, RemoteSection, RoundSettings
from conversations.errors import SettingsError
from styles.plan import CurationPlan
from styles.style import STYLE_NAME, faults_sentence

SECRETS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_SECRET",
    "BRANDVOICE_STORE_KEY",
    "BRANDVOICE_WEBHOOK_SECRET",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "OPENAI_API_KEY",
    "DISCORD_TOKEN",
    "BRANDVOICE_API_KEYS",
    "BRANDVOICE_ENDPOINT_KEY",
    "BRANDVOICE_COMPARE_KEY",
    "HF_TOKEN",
)

Name = Annotated[str, Field(pattern=rf"^{STYLE_NAME.pattern}$")]

Origin = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSection(_Section):
    """Where data lives."""

    data_dir: str = "data"
    database_url: str = ""

    @field_validator("database_url")
    @classmethod
    def _known(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError('must be empty, or begin with "sqlite:///" or "postgresql+psycopg://"')
        return url


class ModelSection(_Section):
    """Which base model speaks, and where it runs."""

    base: str = "starter"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    engine: str = "local"  # or "openai" (vLLM and whatever else speaks that API, at endpoint), "echo", a plugin's
    endpoint: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    endpoint_model: str = ""  # the base model's name there; empty: the only one
    endpoint_voices: str = ""  # where vLLM sees our voices folder; empty: the same path as here
    voices_loaded: int = Field(default=8, ge=1)  # by vLLM at once
    fallback: str = ""  # the engine that answers while the endpoint is away
    answers_at_once: int = Field(default=16, ge=1, le=1024)
    waiting: int = Field(default=64, ge=0)  # answers that wait; whoever comes later is told when to come back
    context: int = Field(default=4096, ge=64)  # tokens of a conversation with its answer
    overflow: Literal["trim", "refuse"] = "trim"  # of a longer one: leave out its oldest turns, or say so
    cache_gib: float = Field(default=4.0, gt=0, allow_inf_nan=False)  # for answers that are being given
    reuse_gib: float = Field(default=0.5, ge=0, allow_inf_nan=False)  # for conversations that may go on
    voices_gib: float = Field(default=0.5, gt=0, allow_inf_nan=False)  # for LoRA adapters
    compare_endpoint: str = Field(
        default="", pattern=r"^(https?://[^\s]+)?$"
    )  # a model that voices are measured beside
    compare_model: str = ""  # its name there; empty: the only one
    token_price: float = Field(default=0.0, ge=0)  # of a million prompt tokens, in any currency, for reports

    @model_validator(mode="after")
    def _has_endpoint(self) -> Self:
        if self.engine == "openai" and not self.endpoint:
            raise ValueError('engine = "openai" needs endpoint, for example "http://localhost:8000"')
        if self.fallback == self.engine:
            raise ValueError("fallback must name another engine than engine does")
        return self


class SlackSection(_Section):
    """Where in Slack the assistant answers, and who may approve."""

    mode: Literal["socket", "http"] = "socket"
    port: int = Field(default=3000, ge=0, le=65535)  # for mode "http" and for installing by OAuth, on [http] host
    channels: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()  # ids of people (U…) and user groups (S…)
    approvals: str = Field(default="", pattern=r"^(([TE][A-Z0-9]+/)?[CG][A-Z0-9]+)?$")  # id of the channel, C…
    votes: str = Field(default="", pattern=r"^(([TE][A-Z0-9]+/)?[CG][A-Z0-9]+)?$")  # the channel for blind votes

    @model_validator(mode="after")
    def _has_approvers(self) -> Self:
        if self.approvals and not self.approvers:
            raise ValueError("approvals needs approvers: ids of the people (U…) or user groups (S…) who may decide")
        return self


class DiscordSection(_Section):
    """Where in Discord the assistant answers, and who may approve."""

    guilds: tuple[str, ...] = ()
    message_content: bool = False
    approver_roles: tuple[str, ...] = ()
    approvals: str = Field(default="", pattern=r"^(\d{1,20})?$")  # id of the channel in which rounds are decided
    votes: str = Field(default="", pattern=r"^(\d{1,20})?$")  # the channel for blind votes

    @model_validator(mode="after")
    def _has_approvers(self) -> Self:
        if self.approvals and not self.approver_roles:
            raise ValueError("approvals needs approver_roles: ids of the roles whose members may decide")
        return self


class HttpSection(_Section):
    """Where the HTTP API listens, whom it lets in, and how much it takes."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    hosts: tuple[str, ...] = ()  # names it is called by; empty: this machine's own, or any once it is not local
    origins: tuple[Origin, ...] = ()  # of pages that may use secret keys; publishable keys have their own
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # in front of it; visitors are told apart by what they say
    per_minute: int = Field(default=120, ge=1)  # requests with one key
    visitor_per_minute: int = Field(default=20, ge=1)  # requests from one address with a publishable key
    streams: int = Field(default=512, ge=1)  # answers at once, given or waited for
    body_mb: int = Field(default=1, ge=1)
    upload_mb: int = Field(default=64, ge=1)
    deadline: float = Field(default=120, gt=0)  # seconds for one answer
    drain: float = Field(default=30, ge=0)  # seconds that running answers get when it is stopped
    overflow: Literal["refuse", "trim"] = "refuse"  # a conversation that is too long for the model
    store: bool = False  # keep exchanges of requests that do not say
    run_jobs: bool = True  # run fine-tuning jobs beside the API; else they wait for `brandvoice worker`
    upload_basis: Literal["", "consent", "contract", "legitimate-interest", "own-content"] = "own-content"


class PrivacySection(_Section):
    """What stands for private values, and whether they get into the store at all."""

    replace: Literal["placeholders", "surrogates"] = "placeholders"  # <EMAIL_1>, or made-up values of nobody
    redact_at_import: bool = False  # the store keeps redacted text; originals go apart, encrypted where a key is set


class AssignSection(_Section):
    """Which style speaks where."""

    where: str = Field(pattern=r"^[a-z*]+:.+$")
    style: Name
    canary: float | None = Field(default=None, ge=0, le=1)  # of listeners there; empty: as the canary was begun


class StyleSection(RoundSettings):
    """How one style is retrained and promoted."""

    recipe: str = "default"
    curation: CurationPlan = CurationPlan()
    speakers: Mapping[str, tuple[str, ...]] = {}  # whose messages are the brand's, by format of the logs
    promote: Literal["ask", "auto", "never"] = "ask"  # "never": what passes stays a candidate, and nobody is asked
    canary: CanarySection = CanarySection()
    facts: str = ""  # a folder of facts to answer from; empty: styles/NAME/facts, if that is there
    facts_search: str = "words"  # how they are searched: "words" or what a plugin offers
    max_general_rise: float = Field(default=0.5, ge=0)  # of the loss on general conversations, in nats per token
    gate: GateSection = GateSection()
    min_voters: int = Field(default=3, ge=1)  # different people behind the thumbs up, and as many behind those down
    min_holdout: int = Field(default=200, ge=1)  # below this many prompts the gate calls its verdict underpowered


class Settings(_Section):
    """The whole of `brandvoice.toml`."""

    workspace: WorkspaceSection = WorkspaceSection()
    model: ModelSection = ModelSection()
    slack: SlackSection = SlackSection()
    discord: DiscordSection = DiscordSection()
    http: HttpSection = HttpSection()
    notify: NotifySection = NotifySection()
    remote: RemoteSection = RemoteSection()
    privacy: PrivacySection = PrivacySection()
    assign: tuple[AssignSection, ...] = ()
    styles: Mapping[Name, StyleSection] = {}

    def style(self, name: str) -> StyleSection:
        return self.styles.get(name, StyleSection())


def load_settings(path: Path) -> Settings:
    """Read and check `brandvoice.toml`; every fault is named at once, with its key."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except ValidationError as error:
        raise SettingsError(faults_sentence(str(path), error)) from error


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A secret from the environment: `NAME`, or the content of the file that `NAME_FILE` names."""
    if value := environment.get(name):
        return value
    if file := environment.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise SettingsError(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    return None
