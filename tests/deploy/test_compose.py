"""What the compose file starts fits what the settings beside it say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from brandvoice.settings import SECRETS, load_settings

FOLDER = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"])


def mounts(service: dict[str, Any]) -> dict[str, str]:
    return {source: target for source, target, *_ in (v.split(":") for v in service["volumes"])}


def test_the_settings_name_the_services_and_the_folder_that_vllm_sees(services: dict[str, Any]) -> None:
    settings = load_settings(FOLDER / "workspace" / "brandvoice.toml")
    assert settings.model.endpoint == "http://vllm:8000"
    assert "@database/" in settings.workspace.database_url
    seen = mounts(services["vllm"])["./workspace"]
    assert settings.model.endpoint_voices == f"{seen}/{settings.workspace.data_dir}/voices"
    assert mounts(services["brandvoice"])["./workspace"] == "/workspace"
    assert settings.model.base in "".join(services["vllm"]["command"])
    assert f"--max-model-len={settings.model.context}" in services["vllm"]["command"]


def test_vllm_can_load_adapters_while_it_runs_and_nobody_outside_reaches_it(services: dict[str, Any]) -> None:
    vllm = services["vllm"]
    assert "--enable-lora" in vllm["command"]
    assert vllm["environment"]["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert "VLLM_API_KEY" in vllm["environment"]
    assert "ports" not in vllm
    assert "ports" not in services["database"]
    assert all(port.startswith("127.0.0.1:") for port in services["brandvoice"]["ports"])


def test_every_variable_is_in_the_example_and_every_secret_is_one_of_ours(services: dict[str, Any]) -> None:
    text = (FOLDER / "compose.yaml").read_text()
    wanted = {name for name, default in re.findall(r"\$\{(\w+)(:-[^}]+)?", text) if not default}
    offered = set(re.findall(r"^(\w+)=", (FOLDER / "example.env").read_text(), re.MULTILINE))
    assert wanted <= offered
    assert set(services["brandvoice"]["environment"]) - {"PGPASSWORD"} <= set(SECRETS)


def test_whatever_is_waited_for_says_when_it_is_healthy(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert "healthcheck" in services[other], f"{name} waits for {other}"


def test_the_image_holds_every_room_and_the_context_lets_them_through() -> None:
    dockerfile, ignored = (FOLDER / "Dockerfile").read_text(), (FOLDER.parent / ".dockerignore").read_text()
    copied = {word for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE) for word in line.split()}
    assert {"brandvoice", "bots", "styles", "training", "conversations", "pyproject.toml", "constraints.txt"} <= copied
    for name in copied:
        assert (FOLDER.parent / name).exists()
        assert f"!{name}" in ignored.split()
