"""Settings of a style's rounds: when they run, what they may cost, and who hears of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")

Trigger = Literal["examples", "style", "score", "satisfaction"]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is not a time zone; an example is "Europe/Berlin"') from error


def _hours(text: str) -> str:
    if text and not _HOURS.fullmatch(text):
        raise ValueError(f'"{text}" is not a span of hours; an example is "22:00-06:30"')
    return text


Hours = Annotated[str, AfterValidator(_hours)]


class RoundSettings(BaseModel):
    """When a style is trained again by itself. Hours and the schedule are on the clocks of `timezone`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schedule: str = ""  # cron; empty: by triggers only, or by hand
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    triggers: tuple[Trigger, ...] = ()
    min_new_examples: int = Field(default=25, ge=0)
    fall: float = Field(default=0.1, gt=0, le=1)  # of style score or satisfaction that asks for a round
    rest_hours: float = Field(default=24.0, ge=0)  # between a round and the next one that a trigger asks for
    window: Hours = ""  # in which training may run; empty: always
    quiet_hours: Hours = ""  # in which nobody is told anything and no voice is promoted by itself
    budget_hours: float = Field(default=0.0, ge=0)  # of training in a month; 0: no limit
    price_per_hour: float = Field(default=0.0, ge=0)  # of training, in any currency
    budget: float = Field(default=0.0, ge=0)  # for training in a month, in the same currency; 0: no limit
    trainer: str = "local"  # or a remote one: "openai", or what a plugin offers

    @field_validator("schedule")
    @classmethod
    def _cron(cls, text: str) -> str:
        if text:
            from cronsim import CronSim, CronSimError

            try:
                CronSim(text, _ANY_TIME)
            except CronSimError as error:
                raise ValueError(f'"{text}" is not a cron expression ({error}); an example is "0 3 * * 1"') from error
        return text

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def runs_by_itself(self) -> bool:
        return bool(self.schedule or self.triggers)

    def is_quiet(self, moment: datetime) -> bool:
        return bool(self.quiet_hours) and within(self.quiet_hours, moment.astimezone(self.zone).time())

    def quiet_end(self, moment: datetime) -> datetime:
        """When the quiet hours that a moment lies in are over."""
        return _end_of(self.quiet_hours, moment.astimezone(self.zone))

    def window_begin(self, moment: datetime) -> datetime:
        """When the window in which training may run opens next."""
        begin, _, end = self.window.partition("-")
        return _end_of(f"{end}-{begin}", moment.astimezone(self.zone))

    def may_train(self, moment: datetime) -> bool:
        return not self.window or within(self.window, moment.astimezone(self.zone).time())


def within(hours: str, moment: time) -> bool:
    """Whether a time of day lies in a span such as 22:00-06:30; both ends equal is the whole day."""
    match = _HOURS.fullmatch(hours)
    assert match, "checked when the settings were read"
    begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if begin < end:
        return begin <= moment < end
    return moment >= begin or moment < end


def _end_of(hours: str, moment: datetime) -> datetime:
    end = hours.partition("-")[2]
    at = moment.replace(hour=int(end[:2]), minute=int(end[3:]), second=0, microsecond=0)
    return (at if at > moment else at + timedelta(days=1)).astimezone(UTC)


class NotifySection(BaseModel):
    """Who is told of rounds, besides chat: a webhook, people by e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[str, ...] = ("round.*", "canary.*")
    webhook: str = ""  # https://…, or http:// on this machine; signed with BRANDVOICE_WEBHOOK_SECRET
    email_to: tuple[str, ...] = ()
    email_from: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"  # with SMTP_USERNAME and SMTP_PASSWORD where set

    @field_validator("webhook")
    @classmethod
    def _safe(cls, url: str) -> str:
        local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", url)
        if url and not url.startswith("https://") and not local:
            raise ValueError("must begin with https:// (or name this machine, http://127.0.0.1:PORT/…)")
        return url

    @field_validator("email_to")
    @classmethod
    def _addresses(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [p for p in people if not re.fullmatch(r"[^@\s]+@[^@\s]+", p)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: not an e-mail address")
        return people


class RemoteSection(BaseModel):
    """A fine-tuning service that speaks OpenAI's API; its key is OPENAI_API_KEY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = "https://api.openai.com/v1"
    model: str = ""  # the base model's name there
    poll_seconds: float = Field(default=30.0, gt=0)


__all__ = ["NotifySection", "RemoteSection", "RoundSettings", "within"]
