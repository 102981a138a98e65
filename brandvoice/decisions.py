"""Decisions: a round's voice promoted or rejected, by the gate or by a person, once and only while it is fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from brandvoice.news import Newsroom, Unpublished
from conversations.errors import RoundRefused, VoiceRefused
from conversations.tables import storable
from styles.dataset import list_datasets

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.rounds import Round
    from brandvoice.workspace import Workspace
    from styles.voices import VoiceVersion

Verdict = Literal["approve", "reject"]


def decide(
    workspace: Workspace, rounds: RoundStore, round_id: str, *, who: str, verdict: Verdict, reason: str = ""
) -> Round:
    """Approve or reject a waiting round. Of several people who press at once one gets it.

    Raises RoundRefused for a round that does not wait (any more) or that something newer has overtaken. Killed in
    the middle, the round still waits, and deciding the same again finishes it.
    """
    words = f"{'approved' if verdict == 'approve' else 'rejected'} by {who}" + (f": {reason}" if reason else "")
    with rounds.deciding(round_id, who=who) as held:
        if verdict == "reject":
            _reject(workspace, held, who=who, reason=reason)
            return rounds.release(held, state="rejected", reason=words)
        if why := why_stale(workspace, rounds, held):
            raise RoundRefused(why)
        voice = workspace.voices.version(held.style, int(held.voice or 0))
        if not passed(voice):  # measured again while the round waited
            override(workspace, voice, who=who, reason=reason)
        workspace.voices.promote(held.style, int(held.voice or 0), who=who, reason=reason)
        return promoted(workspace, rounds, held, reason=words)


def override(workspace: Workspace, voice: VoiceVersion, *, who: str, reason: str) -> None:
    """Write into the audit that somebody is about to promote what the gate did not pass.

    Before the promotion, so that no kill leaves one that is not there. Raises VoiceRefused without a reason.
    """
    why = str(voice.manifest.scores.get("verdict", {}).get("words") or "It has not been evaluated.")
    if not reason.strip():
        raise VoiceRefused(
            f"The gate did not pass {voice.reference}. {why} "
            f"To promote it all the same, say why: brandvoice voices promote {voice.reference} --reason TEXT"
        )
    told = {"style": voice.manifest.style, "version": voice.manifest.number, "reason": storable(reason), "verdict": why}
    with workspace.open_store() as store:
        store.record(storable(who), "voice promoted against the gate", voice.reference, **told)


def passed(voice: VoiceVersion) -> bool:
    """Whether the gate let the voice pass when it was measured last."""
    return bool(voice.manifest.scores.get("verdict", {}).get("passed"))


def roll_back(workspace: Workspace, round_: Round, *, who: str, reason: str = "") -> int:
    """Take the voice of a round back; the number of the one that speaks instead. Raises VoiceRefused if it does not."""
    return workspace.voices.rollback(round_.style, who=who, reason=reason, only=int(round_.voice or 0))


def why_stale(workspace: Workspace, rounds: RoundStore, round_: Round) -> str | None:
    """Why a waiting round may not be approved any more, or None."""
    newer = [
        r for r in rounds.all(round_.style) if r.started_at > round_.started_at and r.state in {"waiting", "promoted"}
    ]
    if newer:
        return f"{round_.id} is stale: {newer[-1].id} came after it and is {newer[-1].state}."
    voice = workspace.voices.version(round_.style, int(round_.voice or 0))
    if voice.state not in {"candidate", "canary", "current"}:
        return f"{round_.id} is stale: {voice.reference} is {voice.state} already."
    erased = [d.hash for d in list_datasets(workspace.data, round_.style) if d.is_erased]
    if voice.manifest.dataset in erased:
        return f"{round_.id} is stale: {voice.reference} learned from somebody who asked to be forgotten since."
    return None


def promoted(workspace: Workspace, rounds: RoundStore, held: Round, *, reason: str, **facts: Any) -> Round:
    """Note that the voice of a round speaks now, take older waiting rounds off the table, and thank who taught it."""
    supersede(rounds, held)
    done = rounds.release(held, state="promoted", reason=reason, facts=facts)
    tell_submitters(workspace, rounds, workspace.voices.version(done.style, int(done.voice or 0)))
    return done


def supersede(rounds: RoundStore, newer: Round) -> None:
    """Older rounds of the style wait no longer."""
    for old in rounds.waiting(newer.style):
        if old.id != newer.id and old.started_at <= newer.started_at:
            rounds.decided(old.id, state="rejected", reason=f"{newer.id} came after it and took its place")


def tell_submitters(workspace: Workspace, rounds: RoundStore, voice: VoiceVersion) -> None:
    """Everybody whose approved example a promoted voice learned from hears so, once per example."""
    style, number = voice.manifest.style, voice.manifest.number
    known = {d.hash: d for d in list_datasets(workspace.data, style) if not d.is_erased}
    dataset = known.get(voice.manifest.dataset)
    if dataset is None:
        return
    seen = dataset.seen()
    with workspace.open_store() as store:
        taught = [s for s in store.submissions(style=style, state="approved") if s.id in seen]
    Newsroom(rounds.database, now=rounds.now).publish_all(
        Unpublished(
            "example.learned",
            key=f"example.learned:{submission.id}",
            style=style,
            facts={"submission": submission.id, "style": style, "voice": number},
            round=voice.manifest.round,
            person=submission.person,
        )
        for submission in taught
    )


def _reject(workspace: Workspace, round_: Round, *, who: str, reason: str) -> None:
    voice = workspace.voices.version(round_.style, int(round_.voice or 0))
    if voice.state in {"candidate", "canary"}:
        workspace.voices.reject(round_.style, voice.manifest.number, who=who, reason=reason)
