"""Curating a style: everything that it may learn from in a workspace becomes a dataset version."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from brandvoice.alarms import raise_alarms
from brandvoice.erasure import finish_erasures, refuse_erased
from brandvoice.plugins import Offers
from brandvoice.preferences import preferences_of
from conversations.errors import CurationRefused
from conversations.messages import Conversation, Submission
from conversations.roster import Names
from conversations.sources import Source
from styles.dataset import DatasetVersion, save_dataset

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore
    from styles.bench import Tell
    from styles.curation import Curated

PROCESSES = 4  # of a large curation at most; more would wait for the one that reads


def curate_style(
    workspace: Workspace, style: str, *, offers: Offers, tell: Tell | None = None
) -> tuple[DatasetVersion, Curated]:
    """A new dataset version from everything a style may learn from: imports with a basis and approved submissions."""
    try:
        return _curate(workspace, style, offers=offers, tell=tell)
    except OSError as error:
        where = error.filename or workspace.data / "datasets" / style
        raise CurationRefused(
            f"No dataset of {style} was made: {where} cannot be written or read ({error.strerror or error}). Mend that "
            "and curate again; it goes on where it was."
        ) from error


def _curate(workspace: Workspace, style: str, *, offers: Offers, tell: Tell | None) -> tuple[DatasetVersion, Curated]:
    from styles.curation import Limits, curate, held, workbench
    from styles.dressing import dress
    from styles.steps import builtin_steps

    plan = workspace.settings.style(style).curation
    limits = Limits.of(workspace.style(style), **plan.numbers)
    folder = workspace.data / "datasets" / style / ".curating"
    with workbench(folder), workspace.open_store() as store:
        finish_erasures(workspace, store)
        erasures = store.erasures.newest()
        names = names_of(workspace, store, style, offers=offers)
        approved = store.submissions(style=style, state="approved")
        handed_in = _submission_source(style)
        sources = {source.id: source for source in (*store.sources(style), handed_in)}
        curated = curate(
            chain(store.conversations(style), _as_conversations(approved, source=handed_in.id)),
            limits,
            sources=sources,
            steps=plan.arrange(
                builtin_steps(limits, names, unwilling=store.unwilling().knowing(approved)),
                offers.list("curation_steps"),
            ),
            roster=names,
            reviewers={s.id: s.reviewer for s in approved if s.reviewer},
            released=store.quarantine.released(style),
            rejected=store.quarantine.rejected(style),
            folder=folder,
            processes=min(PROCESSES, os.cpu_count() or 1),
            tell=tell or (lambda stage: None),
        )
        store.quarantine.put(style, curated.quarantined)
        raise_alarms(workspace, store, curated.alarms, style=style)
        preferences = preferences_of(
            workspace, store, style, limits=limits, sources=sources, handed_in=handed_in, names=names, offers=offers
        )
        if workspace.settings.privacy.replace == "surrogates":
            curated = dress(curated, key=store.directory.key("surrogates"), names=names)
        now = datetime.now(UTC)
        version = save_dataset(
            curated,
            style=style,
            data_dir=workspace.data,
            now=now,
            preferences=preferences,
            erasures=len(store.erasures.listed()),
        )
        refuse_erased(store, version, since=erasures)
        return version, held(curated)


def names_of(workspace: Workspace, store: ConversationStore, style: str, *, offers: Offers) -> Names:
    """Whoever the imports of a style name, and what plugins find; the brand's own name is nobody's."""
    spec = workspace.style(style)
    return Names(store.directory.roster(style, keep=(spec.name, spec.display)), tuple(offers.list("name_finders")))


def _submission_source(style: str) -> Source:
    """Submissions come with the consent of who handed them in, and are learned from once somebody else approved."""
    since = datetime(2000, 1, 1, tzinfo=UTC)
    name = f"submissions-{style}"
    return Source(name, style, "submission", "submissions", "consent", True, since, owner="whoever handed it in")


def _as_conversations(approved: Sequence[Submission], *, source: str) -> Iterator[Conversation]:
    for submission in approved:
        place = f"submission:{submission.id[:10]}"
        last = len(submission.messages) - 1
        messages = tuple(
            replace(
                m,
                trainable=m.trainable and (i == last or not submission.replaces),
                sent_at=submission.submitted_at,
                author=m.author or (submission.person if m.role == "user" else None),
            )
            for i, m in enumerate(submission.messages)
        )
        yield Conversation(submission.id, messages, place=place, source=source)
