"""Around: what the workspace knows of a voice besides its evaluation, for the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from brandvoice.canaries import look_at
from brandvoice.comparison import data_change
from brandvoice.side_by_side import report_folders
from conversations.errors import BrandvoiceError, NotFound
from styles.live import by_day
from styles.sequential import vote_result
from styles.voices import parse_reference
from training.around import Around, BlindVote, DayScore, Thumbs

if TYPE_CHECKING:
    from pathlib import Path

    from brandvoice.workspace import Workspace
    from conversations.messages import Feedback
    from conversations.store import ConversationStore
    from styles.voices import VoiceVersion

MOST_DATA = 12  # sentences on what changed
_ESTIMATES = {
    "minutes": "{:.1f} minutes expected, {:.1f} taken",
    "memory_gib": "{:.1f} GiB of memory expected, {:.1f} taken",
    "cost": "a cost of {:.2f} expected, {:.2f} spent",
}


def look_around(workspace: Workspace, voice: VoiceVersion) -> Around:
    """All that is known of a version by now: its data, votes, live scores and costs."""
    style = voice.manifest.style
    with workspace.open_store() as store:
        given = store.feedback(style)
        votes = tuple(_votes(store, voice))
        days = [d for d in by_day(store.live.scores(style)) if d.replies]
    trial = look_at(workspace, style)
    return Around(
        data=_data(workspace, voice),
        thumbs=_thumbs(given),
        reasons=_reasons(given, voice.reference),
        votes=votes,
        canary=trial.standing.why if trial and trial.reference == voice.reference else _ended(workspace, voice),
        drift=tuple(DayScore(d.day.isoformat(), d.voice, d.replies, d.score) for d in days),
        costs=tuple(_costs(workspace, voice)),
    )


def _data(workspace: Workspace, voice: VoiceVersion) -> tuple[str, ...]:
    """From the voice that spoke when this one was trained."""
    if not voice.manifest.parent:
        return ()
    try:
        before = workspace.voices.version(voice.manifest.style, voice.manifest.parent)
    except BrandvoiceError as error:
        return (str(error),)
    lines = data_change(workspace, before, voice)
    more = [f"and {len(lines) - MOST_DATA} more"] if len(lines) > MOST_DATA else []
    return (*lines[:MOST_DATA], *more)


def _thumbs(given: Sequence[Feedback]) -> tuple[Thumbs, ...]:
    """By version, each person by their first vote on it."""
    first: dict[tuple[str, str], str] = {}
    for vote in given:
        if vote.thumb and vote.voice:
            first.setdefault((vote.voice, vote.person), vote.thumb)
    voices = sorted({voice for voice, _ in first}, key=lambda voice: int(voice.rpartition("@")[2]))
    counts = {voice: Counter(thumb for (of, _), thumb in first.items() if of == voice) for voice in voices}
    return tuple(Thumbs(voice, counts[voice]["up"], counts[voice]["down"]) for voice in voices)


def _reasons(given: Sequence[Feedback], reference: str) -> tuple[tuple[str, int], ...]:
    found = Counter(vote.reason for vote in given if vote.voice == reference and vote.reason)
    return tuple(found.most_common(8))


def _votes(store: ConversationStore, voice: VoiceVersion) -> Iterator[BlindVote]:
    for contest in store.blind_votes.contests(voice.manifest.style):
        if voice.reference not in contest.between or not contest.votes:
            continue
        found = vote_result(contest.between, store.blind_votes.votes(contest.style, contest.between))
        share, low, high, other = found.share, found.low, found.high, found.other
        if found.other == voice.reference:
            share, low, high, other = None if share is None else 1 - share, 1 - high, 1 - low, found.one
        yield BlindVote(voice.reference, other, found.words, found.bias, found.votes, share, low, high, found.p)


def _ended(workspace: Workspace, voice: VoiceVersion) -> str:
    """What a trial of the voice came to."""
    lines = [d for d in workspace.voices.history(voice.manifest.style) if d.number == voice.manifest.number]
    if not any(d.action == "canary" for d in lines):
        return ""
    last = lines[-1]
    said = {"promote": "promoted", "reject": "taken back", "end canary": "ended undecided"}.get(last.action)
    return f"{said} by {last.who}: {last.reason}" if said and last.reason else ""


def _costs(workspace: Workspace, voice: VoiceVersion) -> Iterator[tuple[str, str]]:
    training = voice.manifest.training
    seconds = training.get("seconds")
    if not isinstance(seconds, int | float):
        return
    yield "Training", f"{seconds / 60:.1f} minutes for {training.get('steps', '?')} steps"
    yield from _estimated(training)
    price = workspace.settings.style(voice.manifest.style).price_per_hour
    if price:
        yield "Training cost", f"{seconds / 3600 * price:.2f} at {price:g} an hour"


def _estimated(training: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the plan expected of the training, beside what it took."""
    took, expected = training.get("took"), training.get("expected")
    if not isinstance(took, Mapping) or not isinstance(expected, Mapping):
        return
    both = [name for name in _ESTIMATES if _is_number(took.get(name)) and _is_number(expected.get(name))]
    told = [_ESTIMATES[name].format(expected[name], took[name]) for name in both if expected[name] or took[name]]
    if told:
        yield "Estimate and actual", "; ".join(told)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def renew_report(workspace: Workspace, reference: str) -> Path:
    """Write the report of a version's evaluation again with what is around it now. Raises NotFound without one."""
    from training.report import load_report, save_report

    style, number = parse_reference(reference)
    voice = workspace.voices.version(style, number)
    folder = next(report_folders(workspace, voice), None)
    if folder is None:
        raise NotFound(f"{reference} has no report. Measure it: brandvoice evaluate {reference}")
    evaluation, verdict = load_report(folder)
    return save_report(evaluation, verdict, folder, around=look_around(workspace, voice))
