"""A round that trains at a service which speaks OpenAI's fine-tuning API, stood in for on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from brandvoice.remote_training import OpenAITrainer, RemoteTask
from brandvoice.round_settings import RemoteSection
from conversations.errors import SettingsError, TrainedElsewhere, TrainingRefused


class Service:
    """Files and jobs as the real one keeps them; `statuses` is what a job says of itself, one after another."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.jobs: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.statuses = ["queued", "running", "running", "succeeded"]
        self.away = 0
        self.asked = 0
        self.die_after_begin = False

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.away:
            self.away -= 1
            return 503, {}
        if path == "/v1/files":
            self.files.append(body)
            return 200, {"id": f"file-{len(self.files)}"}
        if method == "POST":
            asked = json.loads(body)
            if asked["model"] != "big":
                return 400, {"error": {"message": "There is no such model."}}
            self.jobs.append({**asked, "id": f"job-{len(self.jobs) + 1}"})
            return (503 if self.die_after_begin else 200), self.jobs[-1]
        if path.startswith("/v1/fine_tuning/jobs?"):
            return 200, {"data": self.jobs}
        self.asked += 1
        status = self.statuses[min(self.asked, len(self.statuses)) - 1]
        error = {"message": "The file has a fault in line 3"} if status == "failed" else None
        return 200, {"status": status, "fine_tuned_model": "ft:big:tea", "error": error}


@pytest.fixture
def service() -> Iterator[Service]:
    kept = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.keys.add(self.headers["Authorization"])
            status, answer = kept.answer(self.command, self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_POST = do_GET  # noqa: N815 - its name is given

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/v1"  # type: ignore[attr-defined]
        yield kept
        server.shutdown()


@pytest.fixture
def task(tmp_path: Path) -> RemoteTask:
    for part in ("train", "holdout"):
        (tmp_path / f"{part}.jsonl").write_text('{"messages": []}\n')
    return RemoteTask("tea", "tea-1", tmp_path / "train.jsonl", tmp_path / "holdout.jsonl", 7, "auto", tmp_path)


def trainer(service: Any, model: str = "big") -> OpenAITrainer:
    return OpenAITrainer(RemoteSection(endpoint=service.url, model=model), key="k", sleep=lambda _: None)


def test_a_job_is_followed_to_an_end_that_is_not_servable_here(service: Service, task: RemoteTask) -> None:
    told: list[str] = []
    with pytest.raises(TrainedElsewhere, match=r"not servable here: the result is ft:big:tea .*no voice .* changed"):
        trainer(service).train(task, tell=lambda said, **_: told.append(said))
    (job,) = service.jobs
    assert (job["training_file"], job["validation_file"], job["seed"]) == ("file-1", "file-2", 7)
    assert job["metadata"] == {"round": "tea-1", "style": "tea"}
    assert told[-3:] == ["Job job-1 is queued.", "Job job-1 is running.", "Job job-1 is succeeded."]
    assert service.keys == {"Bearer k"}


def test_after_a_kill_the_same_job_is_followed(service: Service, task: RemoteTask) -> None:
    def killed(said: str, **_: Any) -> None:
        if "running" in said:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(service).train(task, tell=killed)
    with pytest.raises(TrainedElsewhere):
        trainer(service).train(task, tell=lambda *_, **__: None)
    assert (len(service.jobs), len(service.files)) == (1, 2)


def test_a_job_whose_beginning_was_not_heard_is_found_again(service: Service, task: RemoteTask) -> None:
    service.die_after_begin = True
    with pytest.raises(TrainingRefused, match="503"):
        trainer(service).train(task, tell=lambda *_, **__: None)
    with pytest.raises(TrainedElsewhere):
        trainer(service).train(task, tell=lambda *_, **__: None)
    assert len(service.jobs) == 1


def test_a_service_that_is_away_for_a_while_is_waited_for(service: Service, task: RemoteTask) -> None:
    def away(said: str, **_: Any) -> None:
        service.away = 5 if "running" in said else 0

    with pytest.raises(TrainedElsewhere):
        trainer(service).train(task, tell=away)


def test_a_failed_job_says_why(service: Service, task: RemoteTask) -> None:
    service.statuses = ["running", "failed"]
    with pytest.raises(TrainingRefused, match=r"job-1 at .* is failed: The file has a fault in line 3"):
        trainer(service).train(task, tell=lambda *_, **__: None)


def test_what_the_service_refuses_is_told_in_its_words(service: Service, task: RemoteTask) -> None:
    with pytest.raises(TrainingRefused, match=r"refused \(400\): There is no such model"):
        trainer(service, model="small").train(task, tell=lambda *_, **__: None)
    with pytest.raises(SettingsError, match=r"\[remote\] model"):
        trainer(service, model="").train(task, tell=lambda *_, **__: None)
