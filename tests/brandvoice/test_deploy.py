"""What deploy/ shows is what runs: every file is read, and its command line executed in a workspace."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.brandvoice.scripted import make_workspace

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "brandvoice-worker.service"
MANIFESTS = ROOT / "deploy" / "brandvoice-worker.yaml"


def unit_lines(key: str) -> list[str]:
    return [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for manifest in yaml.safe_load_all(MANIFESTS.read_text()):
        spec = manifest["spec"]
        pod = (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]["spec"]
        (container,) = pod["containers"]
        yield manifest["kind"], {**container, "pod": pod}


def run_shown(words: list[str], workspace: Path) -> subprocess.CompletedProcess[str]:
    """The words after the program, with the workspace put in; a worker without an end is asked for one."""
    said = [str(workspace) if word in {"/workspace", "/srv/brandvoice"} else word for word in words[1:]]
    said += [] if "--until-idle" in said else ["--until-idle"]
    command = [sys.executable, "-c", "from brandvoice.cli import main; main()", *said]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_the_unit_runs_a_worker_that_has_time_to_save_a_checkpoint(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    (start,) = unit_lines("ExecStart")
    words = shlex.split(start)
    assert Path(words[0]).name == "brandvoice"
    done = run_shown(words, tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(unit_lines("TimeoutStopSec")[0]) > 60


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    program = shutil.which("true")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/brandvoice/bin/brandvoice", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True)
    assert UNIT.name not in done.stderr, done.stderr


def test_the_manifests_run_workers_on_one_shared_volume(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    shown = dict(containers())
    assert set(shown) == {"Deployment", "CronJob"}
    for container in shown.values():
        assert container["pod"]["terminationGracePeriodSeconds"] > 60
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in container["pod"]["volumes"]}
    for kind, container in shown.items():
        done = run_shown(container["command"], tmp_path)
        assert done.returncode == 0, (kind, done.stderr)
