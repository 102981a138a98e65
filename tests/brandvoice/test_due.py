"""When a round is due: schedules over daylight-saving changes, catching up, triggers, windows and budgets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from brandvoice.due import Due, NotDue, Past, Skip, decide, newest_moment, next_moment
from brandvoice.evidence import fall
from brandvoice.preflight import month_begin, next_month_begin, over_budget
from brandvoice.round_settings import RoundSettings
from brandvoice.rounds import Round

BERLIN = {"timezone": "Europe/Berlin"}


@dataclass
class Known:
    new: int = 100
    changed: bool = False
    score: float | None = None
    satisfaction: float | None = None
    asked: int = 0

    def new_examples(self) -> int:
        self.asked += 1
        return self.new

    def style_changed(self) -> bool:
        return self.changed

    def score_fall(self) -> float | None:
        return self.score

    def satisfaction_fall(self) -> float | None:
        return self.satisfaction


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def past_round(moment: datetime, state: str = "rejected") -> Round:
    return Round("r", "tea", state, "promoted", "default", moment, moment)  # type: ignore[arg-type]


def live(settings: RoundSettings, *, begin: str, days: int, every: timedelta) -> list[datetime]:
    """The due moments of a worker that looks every so often and remembers what it noted."""
    now, last, found = at(begin), at(begin), []
    end = now + timedelta(days=days)
    while now < end:
        outcome = decide(settings, Known(), past=Past(last, None), now=now)
        if isinstance(outcome, Due):
            found.append(outcome.at)
            last = outcome.at
        now += every
    return found


@pytest.mark.parametrize(
    ("begin", "what"),
    [("2026-03-27T12:00+01:00", "clocks go forward"), ("2026-10-23T12:00+02:00", "clocks go back")],
)
@pytest.mark.parametrize("hour", ["1", "2", "3"])
def test_daylight_saving_neither_skips_nor_doubles(begin: str, what: str, hour: str) -> None:
    settings = RoundSettings(schedule=f"30 {hour} * * *", **BERLIN)
    found = live(settings, begin=begin, days=5, every=timedelta(minutes=7))
    dates = [moment.astimezone(settings.zone).date() for moment in found]
    assert len(dates) == 5
    assert all(after - before == timedelta(days=1) for before, after in pairwise(dates))


def test_an_hourly_schedule_runs_in_each_real_hour_over_both_changes() -> None:
    settings = RoundSettings(schedule="0 * * * *", **BERLIN)
    for begin in ("2026-03-28T20:30+01:00", "2026-10-24T20:30+02:00"):
        found = live(settings, begin=begin, days=1, every=timedelta(minutes=7))
        assert len(found) == 24
        assert all(after - before == timedelta(hours=1) for before, after in pairwise(found))


def test_the_schedule_is_on_the_clocks_of_its_zone() -> None:
    settings = RoundSettings(schedule="0 3 * * 1", **BERLIN)
    assert next_moment(settings, after=at("2026-07-01T00:00+00:00")) == at("2026-07-06T01:00+00:00")
    assert next_moment(settings, after=at("2026-12-01T00:00+00:00")) == at("2026-12-07T02:00+00:00")


def test_a_machine_that_was_off_catches_up_once() -> None:
    settings = RoundSettings(schedule="0 3 * * *")
    last, now = at("2026-05-01T03:00+00:00"), at("2026-05-06T10:00+00:00")
    found = decide(settings, Known(), past=Past(last, None), now=now)
    assert isinstance(found, Due)
    assert found.at == at("2026-05-06T03:00+00:00")
    again = decide(settings, Known(), past=Past(found.at, past_round(now)), now=now + timedelta(minutes=1))
    assert isinstance(again, NotDue)


def test_a_year_off_with_a_schedule_of_minutes_ends_soon() -> None:
    settings = RoundSettings(schedule="* * * * *")
    now = at("2026-05-06T10:00:30+00:00")
    assert newest_moment(settings, after=now - timedelta(days=365), upto=now) == at("2026-05-06T10:00+00:00")


def test_a_schedule_that_is_new_waits_for_its_next_moment_and_that_is_kept() -> None:
    settings = RoundSettings(schedule="0 3 * * 1")
    found = decide(settings, Known(), past=Past(None, None), now=at("2026-07-01T12:00+00:00"))
    assert isinstance(found, Skip)
    assert found.quietly
    assert "2026-07-06 03:00 UTC" in found.reason
    on_the_dot = decide(settings, Known(), past=Past(None, None), now=at("2026-07-06T03:01+00:00"))
    assert isinstance(on_the_dot, Due)


def test_nothing_new_is_skipped_with_its_reason() -> None:
    settings = RoundSettings(schedule="0 3 * * *")
    now = at("2026-05-06T10:00+00:00")
    found = decide(settings, Known(new=3), past=Past(now - timedelta(days=2), None), now=now)
    assert isinstance(found, Skip)
    assert found.reason == "3 new conversations since the last dataset, 25 are wanted (min_new_examples)."


@pytest.mark.parametrize(
    ("trigger", "known", "said"),
    [
        ("examples", Known(new=25), "25 new examples"),
        ("style", Known(new=0, changed=True), "file changed"),
        ("score", Known(new=0, score=0.2), "style score of live replies fell by 0.20"),
        ("satisfaction", Known(new=0, satisfaction=0.3), "Satisfaction fell by 0.30"),
    ],
)
def test_each_trigger_asks_for_a_round_and_only_where_it_is_set(trigger: str, known: Known, said: str) -> None:
    now = at("2026-05-06T10:00+00:00")
    settings = RoundSettings(triggers=(trigger,))  # type: ignore[arg-type]
    found = decide(settings, known, past=Past(None, None), now=now)
    assert isinstance(found, Due)
    assert said in found.reason
    other = RoundSettings(triggers=("style" if trigger != "style" else "score",))
    assert isinstance(decide(other, known, past=Past(None, None), now=now), NotDue)


def test_a_small_fall_is_no_reason() -> None:
    found = decide(
        RoundSettings(triggers=("score",)), Known(score=0.05), past=Past(None, None), now=at("2026-05-06T10:00+00:00")
    )
    assert isinstance(found, NotDue)


def test_triggers_rest_after_a_round_whatever_became_of_it() -> None:
    settings = RoundSettings(triggers=("examples",), rest_hours=24)
    now = at("2026-05-06T10:00+00:00")
    for latest, due_at in ((past_round(now - timedelta(hours=23), "failed"), None), (None, now - timedelta(hours=23))):
        assert isinstance(decide(settings, Known(), past=Past(due_at, latest), now=now), NotDue)
    assert isinstance(decide(settings, Known(), past=Past(None, past_round(now - timedelta(hours=25))), now=now), Due)


def test_while_a_round_is_under_way_none_is_due_and_nothing_is_counted() -> None:
    known, now = Known(), at("2026-05-06T10:00+00:00")
    settings = RoundSettings(schedule="* * * * *", triggers=("examples",))
    found = decide(settings, known, past=Past(None, past_round(now - timedelta(days=1), "curated")), now=now)
    assert isinstance(found, NotDue)
    assert known.asked == 0


def test_hours_are_on_the_styles_clocks_and_may_cross_midnight() -> None:
    settings = RoundSettings(window="22:00-06:30", quiet_hours="20:00-08:00", **BERLIN)
    assert settings.may_train(at("2026-07-01T23:00+02:00"))
    assert settings.may_train(at("2026-07-01T06:29+02:00"))
    assert not settings.may_train(at("2026-07-01T06:30+02:00"))
    assert settings.window_begin(at("2026-07-01T07:00+02:00")) == at("2026-07-01T22:00+02:00")
    assert settings.quiet_end(at("2026-07-01T21:00+02:00")) == at("2026-07-02T08:00+02:00")
    assert settings.is_quiet(at("2026-01-01T20:00+01:00"))
    assert RoundSettings().may_train(at("2026-01-01T20:00+01:00"))


def test_a_budget_counts_hours_and_money_and_begins_anew_each_month() -> None:
    settings = RoundSettings(budget_hours=10, price_per_hour=2.5, budget=20, **BERLIN)
    assert over_budget(settings, used_hours=4, needed_hours=4) == []
    (money,) = over_budget(settings, used_hours=4, needed_hours=4.5)
    assert "10.00 is spent, 11.25 more is needed" in money
    assert len(over_budget(settings, used_hours=9, needed_hours=2)) == 2
    assert month_begin(settings, at("2026-07-31T23:30+00:00")) == at("2026-08-01T00:00+02:00")
    assert next_month_begin(settings, at("2026-12-05T00:00+00:00")) == at("2027-01-01T00:00+01:00")


def test_a_fall_counts_where_it_is_no_chance() -> None:
    high, low = [1.0, 0.9, 1.0, 0.8] * 5, [0.5, 0.4, 0.6, 0.5] * 5
    assert fall(high, low, least=8) == pytest.approx(0.425)
    assert fall(high, high, least=8) is None
    assert fall(low, high, least=8) is None
    assert fall(high[:7], low, least=8) is None
    assert fall([0.0, 1.0] * 5, [0.0, 1.0, 0.0, 0.0] * 3, least=8) is None
