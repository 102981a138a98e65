"""Settings of a style's canary: who hears a candidate first, and what its trial promises."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CanarySection(BaseModel):
    """With a share and `promote = "auto"`, what passed the gate is tried on people before it is promoted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.0, ge=0, le=1)  # of people who hear the candidate; 0: promoted without a trial
    by: Literal["conversation", "person", "channel"] = "person"
    shadow: bool = False  # the candidate answers the others too, and nobody is shown what it says
    alpha: float = Field(default=0.05, gt=0, le=0.5)  # most of the candidates that are no better and are promoted
    margin: float = Field(default=0.0, ge=0, lt=1)  # how many fewer thumbs up are still good enough, as a share
    floor: float = Field(default=0.3, ge=0, lt=1)  # of thumbs up, below which a candidate goes in any case
    min_people: int = Field(default=20, ge=1)  # on either side, before anything is promoted
    max_unsafe: int = Field(default=2, ge=0)  # people who give "unsafe" as the reason; 0: not counted
    days: float = Field(default=30.0, gt=0)  # after which an undecided trial ends, and people decide
