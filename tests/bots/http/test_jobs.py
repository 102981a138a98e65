"""Files and fine-tuning jobs, as the official client uploads, starts, polls, pauses and cancels them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import pytest

from bots.http.jobs import JobCheckpoint, JobEvent, JobFacts, Wish
from conversations.errors import ImportRefused, RoundRefused
from tests.bots.http.door import Api

ROWS = b'{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ahoy"}]}\n'
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ScriptedJobs:
    """Rounds that do what a test says."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.asked: list[tuple[str, str, str]] = []
        self.now = JobFacts("queued")
        self.refusal: Exception | None = None

    def start(self, wish: Wish) -> str:
        if self.refusal:
            raise self.refusal
        assert wish.path.read_bytes()
        self.wishes.append(wish)
        return f"round-{len(self.wishes)}"

    def facts(self, round_id: str) -> JobFacts:
        return self.now

    def events(self, round_id: str) -> list[JobEvent]:
        steps = [JobEvent(n, NOW, "info", f"Step {n}", {"step": n, "train_loss": 1 / n}) for n in range(5, 1, -1)]
        return [*steps, JobEvent(1, NOW, "warn", "One line was refused.")]

    def checkpoints(self, round_id: str) -> list[JobCheckpoint]:
        return [JobCheckpoint("harbor@0", NOW, 36, {"full_valid_loss": 2.5})]

    def cancel(self, round_id: str, *, who: str) -> None:
        if self.refusal:
            raise self.refusal
        self.asked.append(("cancel", round_id, who))

    def pause(self, round_id: str, *, who: str) -> None:
        self.asked.append(("pause", round_id, who))

    def resume(self, round_id: str, *, who: str) -> None:
        self.asked.append(("resume", round_id, who))

    def close(self) -> None:
        self.asked.append(("close", "", ""))


@pytest.fixture
def jobs() -> ScriptedJobs:
    return ScriptedJobs()


@pytest.fixture
def api(api: Api, jobs: ScriptedJobs) -> Api:
    api.desk.jobs = jobs
    return api


@pytest.fixture
def client(api: Api) -> openai.OpenAI:
    return api.openai()


def test_a_file_is_uploaded_listed_given_back_and_deleted(client: openai.OpenAI, api: Api, tmp_path: Path) -> None:
    (tmp_path / "träin.jsonl").write_bytes(ROWS)
    file = client.files.create(file=tmp_path / "träin.jsonl", purpose="fine-tune")
    assert client.files.wait_for_processing(file.id).status == "processed"
    assert (file.bytes, file.filename, file.purpose) == (len(ROWS), "träin.jsonl", "fine-tune")
    second = client.files.create(file=("b.jsonl", ROWS * 2), purpose="fine-tune")
    assert [f.id for f in client.files.list()] == [second.id, file.id]
    assert [f.id for f in client.files.list(limit=1, order="asc")] == [file.id, second.id]  # it turns the pages itself
    assert client.files.content(file.id).read() == ROWS
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    assert [path.name for path in (api.folder / "uploads").iterdir()] == [second.id]


def test_what_is_no_file_to_learn_from_is_refused(client: openai.OpenAI, api: Api, tmp_path: Path) -> None:
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a.jsonl", ROWS), purpose="assistants")
    with pytest.raises(openai.BadRequestError, match="empty"):
        client.files.create(file=("a.jsonl", b""), purpose="fine-tune")
    file = client.files.create(file=("../../etc/passwd", ROWS), purpose="fine-tune")
    assert file.filename == "passwd"
    assert (
        api.call(
            "POST", "/v1/files", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=x"}
        ).status_code
        == 400
    )
    assert api.call("GET", "/v1/files", params={"after": "file-nothing"}).status_code == 400
    assert api.call("GET", "/v1/files/..%2f..%2fconversations.db/content").status_code == 404


def upload(client: openai.OpenAI) -> str:
    return client.files.create(file=("a.jsonl", ROWS), purpose="fine-tune").id


def test_a_job_becomes_a_round_with_the_numbers_asked_for(client: openai.OpenAI, jobs: ScriptedJobs, api: Api) -> None:
    file = upload(client)
    old = client.fine_tuning.jobs.create(
        model="harbor", training_file=file, hyperparameters={"n_epochs": 2, "batch_size": 4}, seed=7
    )
    new = client.fine_tuning.jobs.create(
        model="gpt-4o-mini",
        suffix="harbor",
        training_file=file,
        method={"type": "supervised", "supervised": {"hyperparameters": {"learning_rate_multiplier": 0.5}}},
        metadata={"basis": "consent", "run": "b"},
    )
    assert [w.changes for w in jobs.wishes] == [
        {"epochs": 2, "examples_per_step": 4, "seed": 7},
        {"learning_rate_multiplier": 0.5},
    ]
    assert [(w.style, w.basis) for w in jobs.wishes] == [("harbor", "own-content"), ("harbor", "consent")]
    assert (old.status, old.model, old.seed, old.fine_tuned_model) == ("queued", "harbor", 7, None)
    assert old.hyperparameters.n_epochs == 2
    assert [j.id for j in client.fine_tuning.jobs.list()] == [new.id, old.id]
    assert [j.id for j in client.fine_tuning.jobs.list(metadata={"run": "b"})] == [new.id]
    assert [line.what for line in api.store.audit()] == ["file uploaded", "job created", "job created"]


def test_a_request_that_comes_twice_is_one_job(client: openai.OpenAI, jobs: ScriptedJobs) -> None:
    file = upload(client)
    first, second = (client.fine_tuning.jobs.create(model="harbor", training_file=file) for _ in range(2))
    assert first.id == second.id
    assert len(jobs.wishes) == 1


def test_a_job_is_followed_to_its_voice(client: openai.OpenAI, jobs: ScriptedJobs) -> None:
    job = client.fine_tuning.jobs.create(model="harbor", training_file=upload(client))
    jobs.now = JobFacts("running", voice="harbor@0")
    running = client.fine_tuning.jobs.retrieve(job.id)
    assert (running.status, running.fine_tuned_model, running.finished_at) == ("running", None, None)
    jobs.now = JobFacts("succeeded", NOW, "harbor@0", 1234)
    done = client.fine_tuning.jobs.retrieve(job.id)
    assert (done.status, done.fine_tuned_model, done.trained_tokens) == ("succeeded", "harbor@0", 1234)
    asked = [{"role": "user", "content": "Hi"}]
    reply = client.chat.completions.create(model=str(done.fine_tuned_model), messages=asked)  # type: ignore[arg-type]
    assert reply.model == "harbor@0"
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=2))  # several pages
    assert [e.message for e in events] == ["Step 5", "Step 4", "Step 3", "Step 2", "One line was refused."]
    assert (events[0].type, events[-1].type, events[-1].level) == ("metrics", "message", "warn")
    (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert (checkpoint.step_number, checkpoint.metrics.full_valid_loss) == (36, 2.5)


def test_a_failed_job_says_why(client: openai.OpenAI, jobs: ScriptedJobs) -> None:
    job = client.fine_tuning.jobs.create(model="harbor", training_file=upload(client))
    jobs.now = JobFacts("failed", NOW, reason="There are 3 examples; at least 40 are needed.")
    failed = client.fine_tuning.jobs.retrieve(job.id)
    assert failed.error is not None
    assert failed.error.message == "There are 3 examples; at least 40 are needed."


def test_a_job_is_paused_resumed_and_cancelled_by_whom_the_audit_names(
    client: openai.OpenAI, jobs: ScriptedJobs, api: Api
) -> None:
    job = client.fine_tuning.jobs.create(model="harbor", training_file=upload(client))
    jobs.now = JobFacts("queued", paused=True)
    assert client.fine_tuning.jobs.pause(job.id).paused  # type: ignore[attr-defined]
    client.fine_tuning.jobs.resume(job.id)
    client.fine_tuning.jobs.cancel(job.id)
    assert [(act, round_id) for act, round_id, _ in jobs.asked] == [
        ("pause", "round-1"),
        ("resume", "round-1"),
        ("cancel", "round-1"),
    ]
    assert [line.what for line in api.store.audit()][-3:] == ["job paused", "job resumed", "job cancelled"]
    jobs.refusal = RoundRefused("round-1 is over (promoted) and cannot be cancelled.")
    with pytest.raises(openai.BadRequestError, match="is over"):
        client.fine_tuning.jobs.cancel(job.id)


WISHES: list[tuple[dict[str, Any], str]] = [
    ({"model": "nothing"}, "model"),
    ({"training_file": "file-nothing"}, "training_file"),
    ({"validation_file": "file-1"}, "validation_file"),
    ({"hyperparameters": {"n_epochs": 0}}, "hyperparameters"),
    ({"hyperparameters": {"n_epochs": "lots"}}, "hyperparameters"),
    ({"method": {"type": "dpo"}}, "method"),
    ({"metadata": {"basis": "because"}}, "metadata"),
    ({"integrations": [{"type": "wandb"}]}, "integrations"),
    ({"seed": -1}, "seed"),
]


def test_a_wish_that_cannot_come_true_is_refused(client: openai.OpenAI, jobs: ScriptedJobs) -> None:
    file = upload(client)
    for wish, param in WISHES:
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as refused:
            client.fine_tuning.jobs.create(**{"model": "harbor", "training_file": file, **wish})
        assert str(refused.value.param).startswith(param), wish
    assert jobs.wishes == []


def test_a_file_that_nothing_can_be_learned_from_is_no_job(client: openai.OpenAI, jobs: ScriptedJobs) -> None:
    jobs.refusal = ImportRefused("Nothing in the file can be learned from.")
    with pytest.raises(openai.BadRequestError, match="Nothing in the file"):
        client.fine_tuning.jobs.create(model="harbor", training_file=upload(client))
    assert list(client.fine_tuning.jobs.list()) == []


def test_where_the_server_keeps_files_is_told_to_nobody(client: openai.OpenAI, jobs: ScriptedJobs, api: Api) -> None:
    file = upload(client)
    jobs.refusal = ImportRefused(f"{api.folder / 'uploads' / file} holds JSON of another shape: {file}:3 has 'a'.")
    with pytest.raises(openai.BadRequestError) as refused:
        client.fine_tuning.jobs.create(model="harbor", training_file=file)
    assert f"{file} holds JSON of another shape: {file}:3 has 'a'." in str(refused.value)
    assert str(api.folder) not in str(refused.value)


def test_without_rounds_there_are_no_jobs(api: Api) -> None:
    api.desk.jobs = None
    answer = api.call("GET", "/v1/fine_tuning/jobs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_supported")
