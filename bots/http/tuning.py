"""Fine-tuning: jobs that are real rounds, started from uploaded files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request

from bots.http.callers import Caller, CallerOf
from bots.http.desk import Desk, DeskOf
from bots.http.errors import Refused
from bots.http.jobs import JobCheckpoint, JobEvent, Jobs, Wish
from bots.http.lists import After, page
from bots.http.tuning_schema import (
    Checkpoint,
    CheckpointList,
    Event,
    EventList,
    Job,
    JobError,
    JobList,
    JobRequest,
    Method,
    Supervised,
)
from conversations.api_jobs import ApiJob
from conversations.errors import ImportRefused, NotFound

routes = APIRouter(tags=["fine-tuning"])
_ROOT = "/v1/fine_tuning/jobs"
Limit = Annotated[int, Query(ge=1, le=100)]
T = TypeVar("T")


@routes.post(_ROOT)
async def create(asked: JobRequest, desk: DeskOf, caller: CallerOf) -> Job:
    """Take the file in and queue a round of the style. The same wish within 30 seconds is the same job."""
    asked.check_supported()
    jobs, style, basis = _jobs(desk), _style(desk, asked), asked.basis(desk.options.basis)
    try:
        file = await asyncio.to_thread(desk.files.get, asked.training_file)
    except NotFound as unknown:
        raise Refused(400, str(unknown), code="invalid_value", param="training_file") from unknown
    seed = {} if asked.seed is None else {"seed": asked.seed}
    changes = asked.numbers.changes() | seed
    wish = Wish(style, await asyncio.to_thread(desk.files.path, file), basis, caller.who, changes)
    async with desk.starting_jobs:
        job = await asyncio.to_thread(_start, desk, jobs, caller, asked=asked, wish=wish)
    await desk.audit(caller.who, "job created", job.id, round=job.round, file=file.id, style=style, basis=basis)
    return await asyncio.to_thread(_job, jobs, job)


@routes.get(_ROOT)
async def list_jobs(request: Request, desk: DeskOf, after: After = None, limit: Limit = 20) -> JobList:
    """The jobs, newest first; `metadata[key]=value` filters them."""
    jobs = _jobs(desk)
    found = await asyncio.to_thread(desk.made_jobs.all)
    wanted = {k[9:-1]: v for k, v in request.query_params.items() if k.startswith("metadata[") and k.endswith("]")}
    fitting = [j for j in found if wanted.items() <= (j.asked.get("metadata") or {}).items()]
    shown, more = page(fitting, lambda j: j.id, after=after, limit=limit)
    return JobList(data=await asyncio.to_thread(lambda: [_job(jobs, j) for j in shown]), has_more=more)


@routes.get(_ROOT + "/{job_id}")
async def show(job_id: str, desk: DeskOf) -> Job:
    """One job, as it stands now."""
    return await _about(desk, job_id, _job)


@routes.get(_ROOT + "/{job_id}/events")
async def list_events(job_id: str, desk: DeskOf, after: After = None, limit: Limit = 20) -> EventList:
    """What happened in a job, newest first."""
    events = await _about(desk, job_id, lambda jobs, job: [_event(job, e) for e in jobs.events(job.round)])
    shown, more = page(events, lambda e: e.id, after=after, limit=limit)
    return EventList(data=shown, has_more=more)


@routes.get(_ROOT + "/{job_id}/checkpoints")
async def list_checkpoints(job_id: str, desk: DeskOf, after: After = None, limit: Limit = 10) -> CheckpointList:
    """The voice version that a job made, once it is trained."""
    made = await _about(desk, job_id, lambda jobs, job: [_checkpoint(job, c) for c in jobs.checkpoints(job.round)])
    shown, more = page(made, lambda c: c.id, after=after, limit=limit)
    ends = (shown[0].id, shown[-1].id) if shown else (None, None)
    return CheckpointList(data=shown, has_more=more, first_id=ends[0], last_id=ends[1])


@routes.post(_ROOT + "/{job_id}/cancel")
async def cancel(job_id: str, desk: DeskOf, caller: CallerOf) -> Job:
    """End a job for good."""
    return await _act(
        desk, caller, job_id, act=lambda jobs, round_id: jobs.cancel(round_id, who=caller.who), what="cancelled"
    )


@routes.post(_ROOT + "/{job_id}/pause")
async def pause(job_id: str, desk: DeskOf, caller: CallerOf) -> Job:
    """Stop a job at its next checkpoint."""
    return await _act(
        desk, caller, job_id, act=lambda jobs, round_id: jobs.pause(round_id, who=caller.who), what="paused"
    )


@routes.post(_ROOT + "/{job_id}/resume")
async def resume(job_id: str, desk: DeskOf, caller: CallerOf) -> Job:
    """Let a paused or failed job go on."""
    return await _act(
        desk, caller, job_id, act=lambda jobs, round_id: jobs.resume(round_id, who=caller.who), what="resumed"
    )


def _jobs(desk: Desk) -> Jobs:
    if desk.jobs is None:
        raise Refused(501, "Nothing here runs rounds.", code="not_supported")
    return desk.jobs


def _style(desk: Desk, asked: JobRequest) -> str:
    """The style that a wish is about: its model (with or without a version), or its suffix."""
    named = asked.model.split("@")[0]
    style = next((s for s in (named, asked.suffix) if s in desk.assistant.styles), None)
    if style is None:
        known = ", ".join(sorted(desk.assistant.styles)) or "none"
        raise Refused(
            404,
            f"There is no style {named[:64]!r} to train. Styles here: {known}.",
            code="model_not_found",
            param="model",
        )
    return style


def _start(desk: Desk, jobs: Jobs, caller: Caller, *, asked: JobRequest, wish: Wish) -> ApiJob:
    told = {**asked.model_dump(mode="json"), "style": wish.style}
    same = desk.made_jobs.same_just_now(told, caller.who)
    if same is not None:
        return same
    try:
        return desk.made_jobs.add(jobs.start(wish), asked=told, owner=caller.who)
    except ImportRefused as refused:
        said = str(refused).replace(str(wish.path), wish.path.name)  # where a server keeps files is its own affair
        raise Refused(400, said, code="invalid_training_file", param="training_file") from refused


async def _about(desk: Desk, job_id: str, tell: Callable[[Jobs, ApiJob], T]) -> T:
    jobs = _jobs(desk)
    return await asyncio.to_thread(lambda: tell(jobs, desk.made_jobs.get(job_id)))


async def _act(desk: Desk, caller: Caller, job_id: str, *, act: Callable[[Jobs, str], None], what: str) -> Job:
    await _about(desk, job_id, lambda jobs, job: act(jobs, job.round))
    await desk.audit(caller.who, f"job {what}", job_id)
    return await _about(desk, job_id, _job)


def _job(jobs: Jobs, job: ApiJob) -> Job:
    facts, asked = jobs.facts(job.round), JobRequest.model_validate(job.asked)
    failed = facts.status == "failed"
    return Job(
        id=job.id,
        created_at=int(job.made_at.timestamp()),
        finished_at=int(facts.finished_at.timestamp()) if facts.finished_at else None,
        model=str(job.asked["style"]),
        fine_tuned_model=facts.voice if facts.status == "succeeded" else None,
        seed=asked.seed or 0,
        status=facts.status,
        trained_tokens=facts.trained_tokens,
        training_file=asked.training_file,
        hyperparameters=asked.numbers,
        error=JobError(code="round_failed", message=facts.reason) if failed else None,
        metadata=asked.metadata or {},
        method=Method(supervised=Supervised(hyperparameters=asked.numbers)),
        user_provided_suffix=asked.suffix,
        paused=facts.paused,
        round=job.round,
    )


def _event(job: ApiJob, event: JobEvent) -> Event:
    numbers: dict[str, Any] = dict(event.facts)
    return Event(
        id=f"ftevent-{job.id.removeprefix('ftjob-')}-{event.number}",
        created_at=int(event.at.timestamp()),
        level=event.level,
        message=event.message,
        type="metrics" if "step" in numbers else "message",
        data=numbers,
    )


def _checkpoint(job: ApiJob, made: JobCheckpoint) -> Checkpoint:
    return Checkpoint(
        id=f"ftckpt-{job.id.removeprefix('ftjob-')}-{made.step}",
        created_at=int(made.at.timestamp()),
        fine_tuned_model_checkpoint=made.voice,
        fine_tuning_job_id=job.id,
        metrics={"step": made.step, **made.metrics},
        step_number=made.step,
    )
