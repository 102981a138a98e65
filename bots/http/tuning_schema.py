"""Fine-tuning jobs as OpenAI's clients have them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bots.http.chat_schema import Text
from bots.http.errors import Refused
from bots.http.jobs import JobStatus

Auto = Literal["auto"]
BASES: Final = ("consent", "contract", "legitimate-interest", "own-content")


class Hyperparameters(BaseModel):
    """Numbers of the training; "auto" leaves them to the plan."""

    model_config = ConfigDict(allow_inf_nan=False)

    n_epochs: Annotated[int, Field(ge=1, le=50)] | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1, le=256)] | Auto = "auto"
    learning_rate_multiplier: Annotated[float, Field(gt=0, le=100)] | Auto = "auto"

    def changes(self) -> dict[str, Any]:
        """What differs from the recipe, in its words."""
        said = {
            "epochs": self.n_epochs,
            "examples_per_step": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }
        return {name: value for name, value in said.items() if value != "auto"}


class Supervised(BaseModel):
    """Options of the one method there is."""

    hyperparameters: Hyperparameters = Hyperparameters()


class Method(BaseModel):
    """How to train."""

    type: Literal["supervised"] = "supervised"
    supervised: Supervised = Supervised()


class JobRequest(BaseModel):
    """A style to train and the file to train it on."""

    model: Text = Field(min_length=1, max_length=128, description="The style; or any name, with the style as suffix.")
    training_file: Text = Field(min_length=1, max_length=64)
    validation_file: Text | None = None
    suffix: Annotated[Text, Field(max_length=64)] | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    metadata: dict[Text, Text] | None = Field(
        default=None, description="`basis` says why the file may be learned from."
    )
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    integrations: list[Any] | None = None

    def check_supported(self) -> None:
        if self.validation_file is not None:
            raise Refused(
                400,
                "The holdout is set aside from all examples of the style, so a validation file is not taken.",
                code="unsupported_parameter",
                param="validation_file",
            )
        if self.integrations:
            raise Refused(400, "There are no integrations.", code="unsupported_parameter", param="integrations")

    @property
    def numbers(self) -> Hyperparameters:
        if self.method is not None:
            return self.method.supervised.hyperparameters
        return self.hyperparameters or Hyperparameters()

    def basis(self, usual: str) -> str:
        """Why the file may be learned from. Raises `Refused` where nobody says so."""
        basis = (self.metadata or {}).get("basis", usual)
        if basis not in BASES:
            raise Refused(
                400,
                f"Say in metadata.basis why this file may be learned from: {', '.join(BASES)}.",
                code="basis_needed",
                param="metadata",
            )
        return basis


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class Job(BaseModel):
    """One job. `fine_tuned_model` is the voice version that it made."""

    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    finished_at: int | None
    model: str
    fine_tuned_model: str | None
    organization_id: str = "brandvoice"
    result_files: list[str] = []
    seed: int
    status: JobStatus
    trained_tokens: int | None
    training_file: str
    validation_file: None = None
    hyperparameters: Hyperparameters
    error: JobError | None
    estimated_finish: None = None
    integrations: list[Any] = []
    metadata: dict[str, str]
    method: Method
    user_provided_suffix: str | None
    paused: bool
    round: str


class JobList(BaseModel):
    """A page of jobs."""

    object: Literal["list"] = "list"
    data: list[Job]
    has_more: bool


class Event(BaseModel):
    """Something that happened in a job."""

    id: str
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]


class EventList(BaseModel):
    """A page of events."""

    object: Literal["list"] = "list"
    data: list[Event]
    has_more: bool


class Checkpoint(BaseModel):
    """A voice version that a job made."""

    id: str
    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    metrics: dict[str, float]
    step_number: int


class CheckpointList(BaseModel):
    """A page of checkpoints."""

    object: Literal["list"] = "list"
    data: list[Checkpoint]
    has_more: bool
    first_id: str | None
    last_id: str | None
