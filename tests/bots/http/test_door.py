"""Who gets in: keys, roles, pages, hosts, rates, and where the API may listen at all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import openai
import pytest

from bots.engine import Workload
from bots.http import Http, Options
from bots.http.callers import KeyRing
from bots.http.errors import Refused
from bots.http.rates import RequestRates
from brandvoice.testing import ScriptedEngine
from conversations.api_keys import ApiKey, ApiKeyStore, digest_of, keys_of_environment
from conversations.errors import NotFound, SettingsError, StoreError
from conversations.store import ConversationStore
from tests.bots.http.conftest import MakeApi
from tests.bots.http.door import ASKED, PAGE, Api, until
from tests.bots.workplace import assistant_on, contributions_to

DOORS = {
    "member": ["/v1/models", "/v1/submissions", "/v1/me"],
    "curator": ["/v1/review/submissions", "/v1/review/feedback"],
    "operator": ["/v1/files", "/metrics"],
}
ROLES = list(DOORS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_doors_and_those_below(shared: Api, role: str) -> None:
    for door, paths in DOORS.items():
        for path in paths:
            answer = shared.call("GET", path, role=role)
            may = ROLES.index(role) >= ROLES.index(door)
            assert answer.status_code == (200 if may else 403), path
            assert may or answer.json()["error"]["code"] == "insufficient_role"


def test_without_a_key_only_health_and_the_description_are_open(shared: Api) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert shared.call("GET", path, role=None).status_code == 200, path
    for paths in DOORS.values():
        for path in paths:
            answer = shared.call("GET", path, role=None)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic {key}", "{key}", "Bearer \x80"])
def test_a_wrong_key_is_refused(shared: Api, header: str) -> None:
    shown = header.format(key=shared.keys["operator"]).encode("latin-1")
    head = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: "
    with shared.raw(head + shown + b"\r\n\r\n") as connection, connection.makefile("rb") as answer:
        heard = answer.read()
    assert heard.startswith(b"HTTP/1.1 401 ")
    assert b"invalid_api_key" in heard


def test_the_official_client_is_told_that_its_key_is_wrong(shared: Api) -> None:
    client = openai.OpenAI(base_url=f"{shared.address}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.models.list()
    client.close()


def test_a_key_is_kept_only_as_a_hash(make_api: MakeApi, tmp_path: Path) -> None:
    api = make_api()
    secret = api.keys["operator"]
    stored = ApiKeyStore(api.store.database).all()
    assert digest_of(secret) in {key.digest for key in stored}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(secret.encode() in path.read_bytes() for path in files)


def test_a_revoked_key_stops_working_and_none_left_does_not_mean_open(make_api: MakeApi) -> None:
    api = make_api()
    keys = ApiKeyStore(api.store.database)
    assert api.call("GET", "/v1/models", role="member").status_code == 200
    for name in ("member", "curator", "operator", "page"):
        keys.revoke(name)
    until(lambda: api.call("GET", "/v1/models", role="member").status_code == 401)
    assert api.call("GET", "/v1/models", role=None).status_code == 401
    with pytest.raises(NotFound, match="No key is called"):
        keys.revoke("member")


def test_on_this_machine_no_key_is_needed_while_there_is_none(make_api: MakeApi) -> None:
    api = make_api(with_keys=False)
    client = openai.OpenAI(base_url=f"{api.address}/v1", api_key="whatever", max_retries=0)
    assert client.chat.completions.create(model="harbor", messages=ASKED).choices
    assert list(client.files.list()) == []
    client.close()
    proxied = api.call("GET", "/v1/models", role=None, headers={"x-forwarded-for": "203.0.113.9"})
    assert proxied.status_code == 403
    ApiKeyStore(api.store.database).add("first", "member")
    until(lambda: api.call("GET", "/v1/models", role=None).status_code == 401)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.9", "not-this-machine.example"])
def test_it_refuses_to_listen_to_other_machines_without_a_key(
    host: str, store: ConversationStore, tmp_path: Path
) -> None:
    http = Http(Options(host=host, port=0), uploads=tmp_path)
    with pytest.raises(SettingsError, match="there is no key"):
        asyncio.run(http.run(assistant_on(store, ScriptedEngine(), tmp_path), contributions_to(store)))


def test_an_address_that_is_taken_is_a_sentence(api: Api, tmp_path: Path) -> None:
    http = Http(Options(port=api.port), uploads=tmp_path)
    with pytest.raises(SettingsError, match=r"cannot listen on 127\.0\.0\.1"):
        asyncio.run(http.run(assistant_on(api.store, ScriptedEngine(), tmp_path), contributions_to(api.store)))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_a_name_that_is_not_ours_is_not_served(shared: Api, host: str) -> None:
    answer = shared.call("GET", "/v1/models", headers={"host": host})
    assert answer.status_code == 421


def test_a_page_of_another_origin_may_not_call(shared: Api) -> None:
    for origin in ("https://evil.example", "null", f"{PAGE}.evil.example", PAGE):
        answer = shared.chat(role="operator", headers={"origin": origin})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed"), origin
        assert "access-control-allow-origin" not in answer.headers or origin == PAGE


def test_a_publishable_key_works_in_its_page_and_only_for_what_pages_do(shared: Api) -> None:
    page = {"origin": PAGE}
    answer = shared.chat(role="page", headers=page, user="visitor-1")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["vary"] == "Origin"
    assert shared.chat(role="page", user="visitor-1").status_code == 403
    assert shared.chat(role="page", headers={"origin": shared.address}, user="visitor-1").status_code == 403
    assert shared.chat(role="page", headers=page).json()["error"]["param"] == "user"
    for path in ("/v1/files", "/v1/review/submissions", "/metrics"):
        assert shared.call("GET", path, role="page", headers=page).status_code == 403


def test_browsers_are_told_which_pages_may_call(shared: Api) -> None:
    asked = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": "Authorization, Content-Type, <script>",
    }
    answer = shared.call("OPTIONS", "/v1/chat/completions", role=None, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    refused = shared.call(
        "OPTIONS", "/v1/chat/completions", role=None, headers={**asked, "origin": "https://evil.example"}
    )
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


def test_a_key_that_asks_too_often_is_told_when_to_come_back(make_api: MakeApi) -> None:
    api = make_api(per_minute=3)
    answers = [api.call("GET", "/v1/models", role="member") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["x-ratelimit-remaining-requests"] for a in answers] == ["2", "1", "0", "0"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
    assert api.call("GET", "/v1/models", role="curator").status_code == 200


def test_visitors_of_a_page_have_a_limit_of_their_own(make_api: MakeApi) -> None:
    api = make_api(visitor_per_minute=2)
    said = [api.chat(role="page", headers={"origin": PAGE}, user=f"visitor-{n}").status_code for n in range(3)]
    assert said == [200, 200, 429]


def test_visitors_behind_a_proxy_are_told_apart_only_where_it_is_trusted(make_api: MakeApi) -> None:
    for proxies, expected in ((("127.0.0.1",), [200, 200]), (("203.0.113.1",), [200, 429])):
        api = make_api(visitor_per_minute=1, proxies=proxies)
        told = [{"origin": PAGE, "x-forwarded-for": f"198.51.100.{n}"} for n in range(2)]
        assert [api.chat(role="page", headers=headers, user="v").status_code for headers in told] == expected


def test_rates_fill_up_steadily() -> None:
    now = [0.0]
    rates = RequestRates(clock=lambda: now[0])
    for _ in range(60):
        rates.take("a", 60)
    with pytest.raises(Refused):
        rates.take("a", 60)
    now[0] = 1.0
    assert rates.take("a", 60)["x-ratelimit-remaining-requests"] == "0"
    with pytest.raises(Refused):
        rates.take("a", 60)


def test_keys_of_the_environment_have_roles() -> None:
    keys = keys_of_environment("operator:0123456789abcdef, shop:curator:fedcba9876543210\nabcdefghijklmnop")
    assert [(k.name, k.role) for k in keys] == [
        ("environment 1", "operator"),
        ("shop", "curator"),
        ("environment 3", "member"),
    ]
    for wrong in ("boss:0123456789abcdef", "a:b:operator:0123456789abcdef", "operator:short"):
        with pytest.raises(SettingsError) as refused:
            keys_of_environment(wrong)
        assert wrong.rsplit(":", 1)[1] not in str(refused.value)


def test_everything_privileged_is_in_the_audit(api: Api) -> None:
    client = api.openai("operator")
    file = client.files.create(file=("a.jsonl", b"{}\n"), purpose="fine-tune")
    client.files.delete(file.id)
    assert [(line.what, line.subject) for line in api.store.audit()] == [
        ("file uploaded", file.id),
        ("file deleted", file.id),
    ]
    operator = next(key for key in ApiKeyStore(api.store.database).all() if key.name == "operator")
    assert {line.who for line in api.store.audit()} == {f"http/{operator.id}"}


def test_metrics_count_requests_replies_and_tokens(make_api: MakeApi) -> None:
    api = make_api()
    api.chat()
    api.call("GET", "/v1/nowhere/at/all")
    shown = api.call("GET", "/metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    assert 'brandvoice_http_requests_total{method="POST",route="/v1/chat/completions",status="200"} 1.0' in shown.text
    assert 'brandvoice_http_requests_total{method="GET",route="other",status="404"} 1.0' in shown.text
    assert 'brandvoice_replies_total{end="stop",style="harbor"} 1.0' in shown.text
    assert 'brandvoice_tokens_total{kind="completion",style="harbor"} 6.0' in shown.text
    assert "brandvoice_open_replies 0.0" in shown.text


class BusyEngine(ScriptedEngine):
    """Tells how busy it is, and that its model is not there."""

    is_ready = False

    def workload(self) -> Workload:
        return Workload(running=3, waiting=2, places=16, voices=4, restarts=1, away=True)


def test_metrics_tell_how_busy_the_engine_is(make_api: MakeApi) -> None:
    api = make_api()
    assert "brandvoice_engine" not in api.call("GET", "/metrics").text, "this one cannot tell"
    api.desk.assistant.engine = BusyEngine()
    shown = api.call("GET", "/metrics").text
    for told in ("running 3.0", "waiting 2.0", "places 16.0", "voices 4.0", "away 1.0", "restarts_total 1.0"):
        assert f"brandvoice_engine_{told}\n" in shown


def test_it_is_alive_but_not_ready_while_its_model_is_being_loaded(make_api: MakeApi) -> None:
    api = make_api()
    engine = api.desk.assistant.engine = BusyEngine()
    answer = api.call("GET", "/readyz", role=None)
    assert (answer.status_code, answer.json()["reason"]) == (503, "its model is being loaded")
    assert api.call("GET", "/healthz", role=None).status_code == 200
    engine.is_ready = True
    assert api.call("GET", "/readyz", role=None).status_code == 200


def test_the_store_that_fails_makes_it_not_ready(make_api: MakeApi, tmp_path: Path) -> None:
    api = make_api()
    (tmp_path / "conversations.db").write_bytes(b"no database " * 1000)
    for left in ("conversations.db-wal", "conversations.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    assert api.call("GET", "/readyz", role=None).status_code == 503
    assert api.call("GET", "/healthz", role=None).status_code == 200


class FailingKeys:
    """A store of keys whose database is gone."""

    def all(self) -> list[ApiKey]:
        raise StoreError("The database is gone.")


def test_nobody_gets_in_while_the_keys_cannot_be_read() -> None:
    with pytest.raises(StoreError):
        asyncio.run(KeyRing(FailingKeys()).find("whatever"))  # type: ignore[arg-type]
