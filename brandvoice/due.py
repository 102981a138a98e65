"""Whether a round is due: the schedule, and whether there is anything new to learn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace


def why_not_due(workspace: Workspace, style: str, *, now: datetime | None = None) -> str | None:
    """The reason why no round should run now, or None when one should.

    A schedule is due once for however long the machine was off; without a schedule only new examples count.
    """
    settings = workspace.settings.style(style)
    moment = now or datetime.now(UTC)
    with workspace.open_rounds() as rounds:
        latest = rounds.latest(style)
    last = latest.started_at if latest else None
    if settings.schedule and last and (upcoming := next_time(settings.schedule, last)) > moment:
        return f"the schedule says {upcoming:%Y-%m-%d %H:%M} UTC."
    new = new_examples(workspace, style)
    if new < settings.min_new_examples:
        wanted = settings.min_new_examples
        return f"{new} new conversations since the last dataset, {wanted} are wanted (min_new_examples)."
    return None


def next_time(schedule: str, after: datetime) -> datetime:
    """The first moment of a cron expression after a given one."""
    from cronsim import CronSim

    return next(CronSim(schedule, after))


def new_examples(workspace: Workspace, style: str) -> int:
    """Conversations and approved submissions that no dataset version of the style has seen."""
    from styles.dataset import list_datasets

    versions = list_datasets(workspace.data, style)
    seen = {known for version in versions if not version.is_erased for known in version.seen()}
    with workspace.open_store() as store:
        known = {c.id for c in store.conversations(style, trainable_only=True)}
        known |= {s.id for s in store.submissions(style=style, state="approved")}
    return len(known - seen)
