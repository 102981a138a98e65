"""The OpenAPI document: it describes what is there, and nothing that fits it makes the server fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bots.http.conftest import MakeApi
from tests.bots.http.door import Api
from tests.bots.http.test_jobs import ScriptedJobs


def test_every_operation_says_what_it_answers_and_how_it_refuses(shared: Api) -> None:
    described = shared.call("GET", "/openapi.json", role=None).json()
    assert described["openapi"].startswith("3.1")
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert {"POST /v1/chat/completions", "GET /v1/models", "POST /v1/files", "POST /v1/feedback"} <= set(operations)
    for name, operation in operations.items():
        assert operation["description"], name
        assert "422" not in operation["responses"], name
        error = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
        assert error == {"$ref": "#/components/schemas/ErrorAnswer"}, name
        assert operation["responses"]["200"]["content"], name
        assert ("security" in operation) == (" /v1/" in name), name


@pytest.mark.slow
def test_nothing_that_fits_the_description_makes_it_fail(make_api: MakeApi, tmp_path: Path) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    api = make_api(jobs=lambda _store: ScriptedJobs(), per_minute=10**6)
    real = _real_things(api)
    document = schemathesis.openapi.from_url(f"{api.address}/openapi.json")
    headers = {"authorization": f"Bearer {api.keys['operator']}"}
    checks = [
        schemathesis.checks.not_a_server_error,
        schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
        schemathesis.checks.CHECKS.get_one("content_type_conformance"),
        schemathesis.checks.CHECKS.get_one("status_code_conformance"),
    ]
    tried = 0
    for result in document.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def test(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=checks)
            for values in (case.path_parameters, case.body):
                if isinstance(values, dict):  # what is there gets further than what was made up
                    values.update({name: real[name] for name in real.keys() & values.keys()})
            case.call_and_validate(headers=headers, checks=checks)

        test()
    assert tried > 300
    reached = api.call("GET", "/metrics").text
    for route in ("/v1/chat/completions", "/v1/feedback", "/v1/fine_tuning/jobs", "/v1/files/{file_id}"):
        assert f'route="{route}",status="200"' in reached, route


def _real_things(api: Api) -> dict[str, str]:
    file, kept = (
        api.call("POST", "/v1/files", files={"file": ("a.jsonl", b"{}")}, data={"purpose": "fine-tune"}).json()["id"]
        for _ in range(2)
    )
    job = api.call("POST", "/v1/fine_tuning/jobs", json={"model": "harbor", "training_file": kept}).json()["id"]
    example = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy"}]
    asked = {"model": "harbor", "messages": example, "consent": True, "user": "anna"}
    submission = api.call("POST", "/v1/submissions", json=asked).json()["id"]
    reply = api.chat(store=True).json()["id"]
    named = {"file_id": file, "training_file": kept, "job_id": job, "submission_id": submission}
    return {**named, "completion_id": reply, "model": "harbor", "purpose": "fine-tune"}
