"""The API through the command line: keys, the doctor, and the official client tuning a voice in a real process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import openai
import pytest

from bots.http import Options
from brandvoice.settings import HttpSection, Settings

COMMAND = (sys.executable, "-c", "from brandvoice.cli import main; main()")
ROOT = str(Path(__file__).parents[2])
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "BRANDVOICE_API_KEYS")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in PROXIES}
    return {**kept, "PYTHONPATH": ROOT, "OMP_NUM_THREADS": "1", **(more or {})}


def brandvoice(folder: Path, *words: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(more), capture_output=True, text=True, timeout=120
    )


def test_the_settings_that_the_docs_show_are_the_usual_ones() -> None:
    text = (Path(ROOT) / "bots" / "http" / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert Settings.model_validate(tomllib.loads(shown)).http == HttpSection()
    assert set(tomllib.loads(shown)["http"]) == set(HttpSection.model_fields)


def test_every_setting_reaches_the_platform() -> None:
    fields = set(Options.__dataclass_fields__)
    told = set(HttpSection.model_fields) - {"body_mb", "upload_mb", "upload_basis", "run_jobs"}
    assert told <= fields


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real process, and the address that it says it listens on."""
    command = [*COMMAND, "serve", "--http", *words]
    process = subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "listening on" in line or process.poll() is not None)
        reading = threading.Thread(target=process.stderr.read)
        reading.start()
        yield process, line.rsplit(" ", 1)[1].strip()
    finally:
        process.kill()
        process.wait()
        reading.join()
        process.stderr.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a style, on the echo engine and any free port."""
    (tmp_path / "brandvoice.toml").write_text('[model]\nengine = "echo"\n[http]\nport = 0\n')
    (tmp_path / "styles").mkdir()
    style = (resources.files("brandvoice") / "demo_data" / "harbor.toml").read_text("utf-8")
    (tmp_path / "styles" / "harbor.toml").write_text(style, encoding="utf-8")
    return tmp_path


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(workspace: Path) -> None:
    made = json.loads(brandvoice(workspace, "keys", "add", "shop", "--role", "curator", "--json").stdout)
    assert made["key"].startswith("bv-")
    page = brandvoice(workspace, "keys", "add", "page", "--origin", "https://shop.example/").stdout
    assert "bv-pub-" in page
    listed = brandvoice(workspace, "keys", "list", "--json").stdout
    assert made["key"] not in listed
    rows = {row["name"]: row for row in json.loads(listed)}
    assert (rows["shop"]["role"], rows["page"]["role"]) == ("curator", "publishable")
    assert rows["page"]["origins"] == "https://shop.example"
    assert brandvoice(workspace, "keys", "revoke", "shop").returncode == 0
    again = brandvoice(workspace, "keys", "revoke", "shop")
    assert again.returncode == 1
    assert "No key is called" in again.stderr


def test_it_does_not_open_to_other_machines_without_a_key(workspace: Path) -> None:
    (workspace / "brandvoice.toml").write_text('[model]\nengine = "echo"\n[http]\nhost = "0.0.0.0"\nport = 0\n')
    refused = brandvoice(workspace, "serve", "--http")
    assert refused.returncode == 1
    assert "brandvoice keys add NAME" in refused.stderr
    assert "Traceback" not in refused.stderr
    examined = brandvoice(workspace, "doctor").stdout
    assert "brandvoice keys add NAME" in examined
    keys = {"BRANDVOICE_API_KEYS": "operator:0123456789abcdef0123"}
    assert "1 keys" in brandvoice(workspace, "doctor", more=keys).stdout


def test_a_server_that_is_told_to_stop_finishes_its_answer(workspace: Path) -> None:
    with served(workspace) as (process, address):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        said = " ".join(["word"] * 40)
        stream = client.chat.completions.create(
            model="harbor", messages=[{"role": "user", "content": said}], stream=True
        )
        chunks = [next(stream), next(stream)]
        process.send_signal(signal.SIGTERM)
        chunks += list(stream)
        client.close()
        assert process.wait(20) == 0
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == f"You said: {said}"
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.slow
def test_the_official_client_uploads_tunes_polls_and_chats(workspace: Path) -> None:
    (workspace / "brandvoice.toml").write_text("[http]\nport = 0\n[styles.harbor]\nmin_holdout = 10\n")
    rows = (resources.files("brandvoice") / "demo_data" / "harbor.jsonl").read_text("utf-8").splitlines()[:80]
    (workspace / "train.jsonl").write_text("\n".join([*rows, "not json"]), encoding="utf-8")
    key = json.loads(brandvoice(workspace, "keys", "add", "ops", "--role", "operator", "--json").stdout)["key"]
    with served(workspace) as (process, address):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key=key)
        file = client.files.create(file=workspace / "train.jsonl", purpose="fine-tune")
        job = client.fine_tuning.jobs.create(
            model="harbor",
            training_file=client.files.wait_for_processing(file.id).id,
            hyperparameters={"n_epochs": 1},
            seed=3,
        )
        end = time.monotonic() + 240
        while job.status not in ("succeeded", "failed", "cancelled"):
            assert time.monotonic() < end, job
            time.sleep(0.5)
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert (job.status, job.error, job.fine_tuned_model) == ("succeeded", None, "harbor@1")
        assert (job.trained_tokens or 0) > 1000
        told = list(client.fine_tuning.jobs.list_events(job.id))
        assert any("train.jsonl" in e.message or ":81" in e.message for e in told if e.level == "warn")
        assert any(e.type == "metrics" for e in told)
        assert [c.fine_tuned_model_checkpoint for c in client.fine_tuning.jobs.checkpoints.list(job.id)] == ["harbor@1"]
        assert "harbor@1" in [m.id for m in client.models.list()]
        reply = client.chat.completions.create(
            model="harbor@1", messages=[{"role": "user", "content": "Where is my order?"}], max_tokens=30
        )
        assert (reply.model, bool(reply.choices[0].message.content)) == ("harbor@1", True)
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
