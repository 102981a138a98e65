"""Training elsewhere: a round's dataset handed to a service, its job followed to the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from conversations.errors import SettingsError, TrainedElsewhere, TrainingRefused

if TYPE_CHECKING:
    from brandvoice.round_settings import RemoteSection
    from styles.dataset import DatasetVersion

JOB = "remote.json"
SECONDS = 60.0  # for one answer of the service; uploads too
PATIENCE = 20  # answers in a row that may fail before the step does, and is tried again later
OVER = {"succeeded", "failed", "cancelled"}

Told = Callable[..., None]


@dataclass(frozen=True, slots=True)
class RemoteTask:
    """What to train: files of OpenAI chat JSONL, a seed, and the folder of the round for what must outlive a kill."""

    style: str
    round: str
    train: Path
    holdout: Path
    seed: int
    epochs: int | str
    folder: Path


class Trainer(Protocol):
    """Trains a style somewhere else.

    Called again with the same task after a kill: it goes on with the job it began. Returns a folder with a LoRA
    adapter of the workspace's base model, or raises TrainedElsewhere with a sentence that names the result where it
    cannot be served from here. BrandvoiceError says what went wrong.
    """

    def train(self, task: RemoteTask, *, tell: Told) -> Path: ...


def write_task(
    dataset: DatasetVersion, *, style: str, round_id: str, seed: int, epochs: int | str, folder: Path
) -> RemoteTask:
    """The dataset as files that a service reads; the same content each time it is asked for."""
    from styles.exports import export_lines

    folder.mkdir(parents=True, exist_ok=True)
    paths = {part: folder / f"{part}.jsonl" for part in ("train", "holdout")}
    for part, path in paths.items():
        path.write_text(export_lines(dataset, part), encoding="utf-8")
    return RemoteTask(style, round_id, paths["train"], paths["holdout"], seed, epochs, folder)


class OpenAITrainer:
    """Any service that speaks OpenAI's files and fine-tuning API. What it trains is served there, not here."""

    def __init__(
        self, settings: RemoteSection, *, key: str | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.settings = settings
        self.key = key
        self._sleep = sleep

    def train(self, task: RemoteTask, *, tell: Told) -> Path:
        """Upload, begin a job, follow it. The job's id is kept before anything else, so no kill begins a second."""
        if not self.settings.model:
            raise SettingsError('trainer = "openai" needs the base model\'s name at the service: [remote] model.')
        known = _load(task.folder)
        if "file" not in known:
            known = _save(task.folder, known, file=self._upload(task.train))
            tell(f"{task.train.name} is uploaded as {known['file']}.")
        if task.holdout.stat().st_size and "holdout" not in known:
            known = _save(task.folder, known, holdout=self._upload(task.holdout))
        if "job" not in known:
            found = self._find(task) or self._begin(task, known)
            known = _save(task.folder, known, job=found)
            tell(f"Job {found} begins at {self.settings.endpoint}.", job=found)
        return self._follow(str(known["job"]), tell=tell)

    def _upload(self, path: Path) -> str:
        with path.open("rb") as opened:
            answer = self._ask("POST", "/files", data={"purpose": "fine-tune"}, files={"file": (path.name, opened)})
        return str(answer["id"])

    def _find(self, task: RemoteTask) -> str | None:
        """The job of this round, if it was begun just before a kill."""
        jobs = self._ask("GET", "/fine_tuning/jobs", params={"limit": 100}).get("data", [])
        mine = [job["id"] for job in jobs if (job.get("metadata") or {}).get("round") == task.round]
        return str(mine[0]) if mine else None

    def _begin(self, task: RemoteTask, known: Mapping[str, Any]) -> str:
        asked: dict[str, Any] = {
            "model": self.settings.model,
            "training_file": known["file"],
            "seed": task.seed % 2**31,
            "suffix": task.style[:18],
            "metadata": {"round": task.round, "style": task.style},
            "hyperparameters": {"n_epochs": task.epochs},
        }
        if "holdout" in known:
            asked["validation_file"] = known["holdout"]
        return str(self._ask("POST", "/fine_tuning/jobs", json=asked)["id"])

    def _follow(self, job: str, *, tell: Told) -> Path:
        said, failures = "", 0
        while True:
            try:
                found = self._ask("GET", f"/fine_tuning/jobs/{job}")
                failures = 0
            except RemoteAway:
                failures += 1
                if failures >= PATIENCE:
                    raise
                found = {"status": said}
            status = str(found["status"])
            if status != said:
                tell(f"Job {job} is {status}.", status=status)
                said = status
            if status in OVER:
                return _end(job, found, endpoint=self.settings.endpoint)
            self._sleep(self.settings.poll_seconds)

    def _ask(self, method: str, path: str, **said: Any) -> dict[str, Any]:
        import httpx2

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        url = self.settings.endpoint.rstrip("/") + path
        try:
            answer = httpx2.request(method, url, headers=headers, timeout=SECONDS, **said)
            if answer.status_code >= 500 or answer.status_code == 429:
                raise RemoteAway(f"{url} answered {answer.status_code}. It is tried again.")
            if answer.status_code >= 400:
                raise TrainingRefused(f"{url} refused ({answer.status_code}): {_reason(answer.text)}")
            found: dict[str, Any] = answer.json()
        except httpx2.TransportError as error:
            raise RemoteAway(f"{url} cannot be reached ({error}). It is tried again.") from error
        except ValueError as error:
            raise TrainingRefused(f"{url} did not answer with JSON.") from error
        return found


class RemoteAway(TrainingRefused):
    """The service does not answer now; later it may."""


def _end(job: str, found: Mapping[str, Any], *, endpoint: str) -> Path:
    if found["status"] == "succeeded":
        raise TrainedElsewhere(
            f"Trained, but not servable here: the result is {found.get('fine_tuned_model')} at {endpoint} (job {job}). "
            "It was not evaluated and no voice of this workspace changed."
        )
    why = (found.get("error") or {}).get("message") or "without a reason"
    raise TrainingRefused(f"Job {job} at {endpoint} is {found['status']}: {why}.")


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text[:200]


def _load(folder: Path) -> dict[str, Any]:
    path = folder / JOB
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _save(folder: Path, known: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    both = {**known, **more}
    part = folder / f"{JOB}.part"
    part.write_text(json.dumps(both), encoding="utf-8")
    part.replace(folder / JOB)
    return both


__all__ = ["JOB", "OpenAITrainer", "RemoteTask", "Trainer", "write_task"]
