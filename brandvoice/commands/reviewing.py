"""Commands of a reviewer: what waits, and deciding about it, one by one or on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_json, print_rows, say
from conversations.messages import SubmissionState

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore
    from styles.review import ReviewDesk, ReviewItem

submissions = typer.Typer(help="What people handed in.", no_args_is_help=True)

StyleName = Annotated[str, typer.Argument(metavar="STYLE")]
SubmissionId = Annotated[str, typer.Argument(metavar="SUBMISSION", help="The id, or its beginning.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(submissions, name="submissions")
    app.command()(review)


@submissions.command("list")
def list_submissions(
    context: typer.Context,
    style: Annotated[str | None, typer.Argument()] = None,
    state: Annotated[SubmissionState | None, typer.Option(help="Only those in this state.")] = None,
    as_json: Json = False,
) -> None:
    """What people handed in, and what became of it."""
    workspace = workspace_of(context)
    with workspace.open_store() as store:
        found = store.submissions(style=style, state=state)
    if style is not None and not found:
        workspace.style(style)
    rows = [
        {
            "id": s.id if as_json else s.id[:10],
            "style": s.style,
            "state": s.state,
            "person": s.person,
            "last message": s.messages[-1].content if s.messages else "",
            "reviewer": s.reviewer,
        }
        for s in found
    ]
    print_rows(rows, as_json=as_json, empty="No submissions.")


@submissions.command("show")
def show_submission(context: typer.Context, submission: SubmissionId, as_json: Json = False) -> None:
    """One submission, message by message."""
    with workspace_of(context).open_store() as store:
        found = store.submission(submission)
    if as_json:
        print_json(found)
        return
    say(f"{found.id}  {found.style}  {found.state}  by {found.person}")
    if found.reviewer:
        say(f"decided by {found.reviewer}{f': {found.note}' if found.note else ''}")
    for message in found.messages:
        say(f"{message.role}: {message.content}")


@submissions.command()
def approve(
    context: typer.Context,
    submission: SubmissionId,
    note: Annotated[str, typer.Option(help="For whoever handed it in.")] = "",
) -> None:
    """Let the next dataset version learn from it."""
    with workspace_of(context).open_store() as store:
        desk, item = _at_desk(workspace_of(context), store, submission)
        desk.approve(item, note)
        _told(store, item, "approved")
    if item.foreseen:
        say(item.foreseen)


@submissions.command()
def reject(
    context: typer.Context,
    submission: SubmissionId,
    note: Annotated[str, typer.Option(help="Why; whoever handed it in reads it.")] = "",
) -> None:
    """Keep it out, with a reason."""
    with workspace_of(context).open_store() as store:
        desk, item = _at_desk(workspace_of(context), store, submission)
        desk.reject(item, note)
        _told(store, item, "rejected")


@submissions.command()
def edit(
    context: typer.Context,
    submission: SubmissionId,
    answer: Annotated[str, typer.Argument(help="The reply as it should read.")],
) -> None:
    """Approve it with a better last reply, in which private values are replaced."""
    with workspace_of(context).open_store() as store:
        desk, item = _at_desk(workspace_of(context), store, submission)
        hidden = sum(desk.hide(item, answer).counts.values())
        desk.edit(item, answer)
        _told(store, item, "approved with your reply")
    if hidden:
        say(f"{hidden} private value{'s were' if hidden > 1 else ' was'} replaced in it.")


@submissions.command()
def undo(context: typer.Context, name: StyleName) -> None:
    """Take your newest decision about a style back; what it was about waits again."""
    workspace = workspace_of(context)
    workspace.style(name)
    with workspace.open_store() as store:
        undone = store.reviews.undo(name, reviewer=operator())
    say(f"undone: {undone.verdict} of {undone.item[:10]}")


def _at_desk(workspace: Workspace, store: ConversationStore, submission: str) -> tuple[ReviewDesk, ReviewItem]:
    style = store.submission(submission).style
    desk = _desk(workspace, store, style, reviewer=operator())
    return desk, desk.find(submission)


def _told(store: ConversationStore, item: ReviewItem, what: str) -> None:
    now = store.submission(item.id)
    disagreed = now.state == "waiting"
    say(f"{item.id[:10]}: two reviewers disagree, so it waits again." if disagreed else f"{item.id[:10]} is {what}.")


def review(
    context: typer.Context,
    name: StyleName,
    reviewer: Annotated[str, typer.Option("--as", help="Who reviews (default: the name of the account).")] = "",
    summary: Annotated[bool, typer.Option("--summary", help="Who decided how much, and how far they agree.")] = False,
    as_json: Json = False,
) -> None:
    """Go through what waits, one key each: approve, edit, reject, skip, undo."""
    from brandvoice.review import review_style, tell_summary

    workspace = workspace_of(context)
    with workspace.open_store() as store:
        desk = _desk(workspace, store, name, reviewer=reviewer or operator())
        if summary or as_json:
            tell_summary(desk, as_json=as_json)
        else:
            review_style(desk)


def _desk(workspace: Workspace, store: ConversationStore, style: str, *, reviewer: str) -> ReviewDesk:
    from brandvoice.curating import names_of
    from brandvoice.plugins import load_plugins
    from styles.curation import Limits
    from styles.review import ReviewDesk
    from styles.steps import builtin_steps

    spec, offers, plan = workspace.style(style), load_plugins(), workspace.settings.style(style).curation
    names = names_of(workspace, store, style, offers=offers)
    handed_in = store.unwilling().knowing(store.submissions(style))
    steps = builtin_steps(Limits.of(spec, **plan.numbers), names, unwilling=handed_in)
    planned = plan.arrange(steps, offers.list("curation_steps"))
    return ReviewDesk(store, spec, data_dir=workspace.data, reviewer=reviewer, names=names, steps=planned)
