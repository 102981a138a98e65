"""Commands on what people and live replies say of voices: the blind vote, and how a style drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, complain, print_json, say
from conversations.errors import NotFound, VoiceRefused

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from conversations.blind_votes import Between, BlindPair, BlindVotes, Choice

KEYS: dict[str, Choice] = {"1": "left", "2": "right", "=": "tie", "t": "tie"}
HELP = "1 or 2: the better one   =: as good   s: skip   q: leave"


def add_to(app: typer.Typer) -> None:
    app.command()(vote)


def vote(
    context: typer.Context,
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two versions, such as harbor@3 harbor@2 (@0: the prompted base model)."),
    ] = None,
    answers: Annotated[int, typer.Option(min=0, help="Let both answer so many holdout prompts now.")] = 0,
    person: Annotated[str, typer.Option(help="Who votes; default: this account.")] = "",
    result: Annotated[bool, typer.Option("--result", help="Only say how the vote stands.")] = False,
    as_json: Json = False,
) -> None:
    """Two unnamed answers to one prompt: pick the better one. Once you have voted, the result is shown."""
    workspace = workspace_of(context)
    workspace.style(style)
    with workspace.open_store() as store:
        wanted = _between(workspace, style, between, store.blind_votes)
        if not result:
            _put_up(workspace, style, wanted, store.blind_votes, fresh=answers)
            _ask(store.blind_votes, style, wanted, who=f"terminal/{person or operator()}")
        _tell(store.blind_votes, style, wanted, as_json=as_json)


def _between(workspace: Workspace, style: str, named: tuple[str, str] | None, votes: BlindVotes) -> Between:
    """The two versions that were named; else those voted on last; else the newest candidate and who speaks now."""
    from conversations.blind_votes import Between
    from styles.voices import PROMPTED, parse_reference

    if named:
        pairs = [parse_reference(reference) for reference in named]
        if any(of != style for of, _ in pairs) or pairs[0] == pairs[1]:
            raise VoiceRefused(f"Name two different versions of {style}, for example {style}@3 {style}@2.")
        for of, numbered in pairs:
            if numbered != PROMPTED:
                workspace.voices.version(of, numbered)
        return Between(*sorted((f"{of}@{n}" for of, n in pairs), key=_number, reverse=True))
    if known := votes.contests(style):
        return known[-1].between
    canary = workspace.voices.canary(style)
    candidate = workspace.voices.newest_candidate(style)
    number = canary.number if canary else candidate.manifest.number if candidate else None
    current = workspace.voices.current(style)
    if number is None:
        raise NotFound(f"{style} has no candidate to vote on. Name two versions: --between {style}@2 {style}@1")
    return Between(f"{style}@{number}", current.reference if current else f"{style}@{PROMPTED}")


def _number(reference: str) -> int:
    return int(reference.rpartition("@")[2])


def _put_up(workspace: Workspace, style: str, between: Between, votes: BlindVotes, *, fresh: int) -> None:
    from brandvoice.side_by_side import fresh_answers, proposals, stored_answers

    found = fresh_answers(workspace, between, fresh, watch=complain) if fresh else stored_answers(workspace, between)
    votes.propose(proposals(style, between, found))
    if not any(contest.between == between for contest in votes.contests(style)):
        raise NotFound(
            f"There are no prompts that both {between.one} and {between.other} answered differently. "
            "Let them answer now: --answers 30"
        )


def _ask(votes: BlindVotes, style: str, between: Between, *, who: str) -> None:
    skipped: list[str] = []
    say(HELP)
    while pair := votes.next_pair(style, who, between=between, skip=skipped):
        _show(pair)
        answer = _key()
        if answer == "q":
            return
        if answer == "s":
            skipped.append(pair.id)
        elif answer in KEYS:
            votes.record(pair.id, person=who, choice=KEYS[answer])
        else:
            say(HELP)
    say("No more pairs: you have voted on all of them.")


def _show(pair: BlindPair) -> None:
    say()
    for role, text in pair.prompt[-3:]:
        say(_indented(text, first=f"{role}: ", rest="  "))
    for name, reply in (("1", pair.left), ("2", pair.right)):
        say()
        say(_indented(reply, first=f"  {name}  ", rest="     "))
    say()


def _indented(text: str, *, first: str, rest: str) -> str:
    """The text in lines that fit the terminal; control characters of a reply do nothing to it."""
    import shutil
    import textwrap

    width = max(30, min(100, shutil.get_terminal_size().columns - 1))
    lines: list[str] = []
    for line in text.splitlines():
        shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
        lines += textwrap.wrap(shown, width - len(rest), break_on_hyphens=False) or [""]
    return "\n".join((rest if number else first) + line for number, line in enumerate(lines or [""]))


def _key() -> str:
    """One key, without return where a person sits at it; a line where input comes from elsewhere; q at its end."""
    import sys

    if sys.stdin.isatty():
        try:
            return typer.getchar(echo=False).lower()
        except (KeyboardInterrupt, EOFError):
            return "q"
    line = sys.stdin.readline()
    return line.strip().lower() if line else "q"


def _tell(votes: BlindVotes, style: str, between: Between, *, as_json: bool) -> None:
    from dataclasses import asdict

    from styles.sequential import vote_result

    found = vote_result(between, votes.votes(style, between))
    if as_json:
        print_json({**asdict(found), "words": found.words})
        return
    say(found.words)
    if found.bias:
        say(found.bias)


def drift_of(workspace: Workspace, style: str, *, days: int, as_json: bool) -> None:
    """Print how well live replies kept the rules of a style, day by day and voice by voice."""
    from datetime import UTC, datetime, timedelta

    from brandvoice.plugins import load_plugins
    from brandvoice.rules import live_checks
    from styles.live import LiveScorer, by_day, sparkline

    spec, now = workspace.style(style), datetime.now(UTC)
    with workspace.open_store() as store:
        own = {style: live_checks(workspace, style)}
        LiveScorer({style: spec}, load_plugins().list("checks"), own=own).catch_up(store.live, style, now=now)
        found = by_day(store.live.scores(style, since=now - timedelta(days=days)))
    if as_json:
        print_json(found)
        return
    if not found:
        say(f"Nobody has talked to {style} in the last {days} days.")
        return
    for voice in sorted({day.voice for day in found}, key=_number):
        mine = [day for day in found if day.voice == voice]
        total = sum(day.replies for day in mine)
        mean = sum(day.score * day.replies for day in mine) / total
        line = sparkline([day.score for day in mine], low=0.0, high=1.0)
        say(f"{voice:<14} {line}  {mean:.2f} over {total} replies, {mine[0].day} to {mine[-1].day}")
        if mine[-1].worst:
            say(f"{'':<14} last day, {mine[-1].worst} fell short")
