"""Commands on sources, privacy and handing in, as scripts see them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from brandvoice.cli import app
from brandvoice.initial import create_workspace
from conversations.alarms import Alarm
from conversations.errors import BrandvoiceError
from conversations.store import open_store

LINE = '{"messages": [{"role": "user", "content": "hi, a@shop.test"}, {"role": "assistant", "content": "Ahoy!"}]}\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    create_workspace(tmp_path)
    (tmp_path / "styles" / "tea.toml").write_text('name = "tea"\nabout = "A shop that sells tea."\n')
    (tmp_path / "chats.jsonl").write_text(LINE)
    run(tmp_path, "import", str(tmp_path / "chats.jsonl"), "--style", "tea", "--basis", "consent", "--licence", "CC0")
    return tmp_path


def run(workspace: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["--workspace", str(workspace), *words], input=typed)


def rows(workspace: Path, *words: str) -> Any:
    return json.loads(run(workspace, *words, "--json").output)


def test_a_source_is_listed_denied_and_allowed_with_its_history(workspace: Path) -> None:
    (source,) = rows(workspace, "sources", "list")
    assert (source["licence"], source["basis"], source["train"], source["live"]) == ("CC0", "consent", True, False)
    assert source["owner"]  # whoever imports answers for it
    assert "not learned from any more" in run(workspace, "sources", "deny", source["id"][:8], "--reason", "old").output
    assert "chats.jsonl" in run(workspace, "sources", "allow", source["id"], "--owner", "Kim").output
    shown = rows(workspace, "sources", "show", source["id"])
    assert (shown["owner"], [d["what"] for d in shown["decisions"]]) == ("Kim", ["source denied", "source allowed"])


def test_handing_in_needs_consent_and_gives_a_receipt_to_withdraw_by(workspace: Path) -> None:
    file = str(workspace / "chats.jsonl")
    refused = run(workspace, "submissions", "add", file, "--style", "tea", "--as", "kim", typed="n\n")
    assert isinstance(refused.exception, BrandvoiceError)
    assert rows(workspace, "submissions", "mine", "--as", "kim") == []
    told = run(workspace, "submissions", "add", file, "--style", "tea", "--as", "kim", typed="y\n").output
    assert "user: hi, <EMAIL_1>" in told
    (mine,) = rows(workspace, "submissions", "mine", "--as", "kim")
    assert f"receipt {mine['receipt']}" in told
    assert isinstance(
        run(workspace, "submissions", "withdraw", mine["receipt"], "--as", "eve").exception, BrandvoiceError
    )
    run(workspace, "submissions", "withdraw", mine["receipt"], "--as", "kim")
    assert [row["state"] for row in rows(workspace, "submissions", "mine", "--as", "kim")] == ["withdrawn"]


def test_names_that_imports_brought_are_replaced_before_anything_is_kept(workspace: Path) -> None:
    table = workspace / "table.csv"
    table.write_text("ticket,author,name,role,text\n1,c1,Hanna Lund,user,Open on Sunday?\n1,d1,Desk,agent,Until six!\n")
    columns = [f"--column={field}={column}" for field, column in (("conversation", "ticket"), ("name", "name"))]
    more = [f"--column={field}={field}" for field in ("author", "role", "text")]
    assert run(workspace, "import", str(table), "--style", "tea", "--basis", "consent", *columns, *more).exit_code == 0
    (workspace / "chats.jsonl").write_text(LINE.replace("hi,", "Hanna Lund of tea here,"))
    told = run(workspace, "submissions", "add", str(workspace / "chats.jsonl"), "--style", "tea", "--consent").output
    assert "user: <NAME_1> of tea here, <EMAIL_1>" in told
    assert "1 name" in told
    (mine,) = rows(workspace, "submissions", "mine")
    shown = rows(workspace, "submissions", "show", mine["receipt"])
    assert shown["messages"][0]["content"] == "<NAME_1> of tea here, <EMAIL_1>"


def test_a_script_hands_in_with_json_and_consent_given_ahead(workspace: Path) -> None:
    given = ("submissions", "add", str(workspace / "chats.jsonl"), "--style", "tea", "--consent")
    (receipt,) = rows(workspace, *given)
    assert receipt["state"] == "waiting"


def test_alarms_are_listed_until_they_are_settled(workspace: Path) -> None:
    with open_store(f"sqlite:///{workspace}/data/conversations.db") as store:
        store.alarms.raise_for([Alarm("c1", "tea", "chats.jsonl:1", "There is a password in message 1 (user).")])
    assert [alarm["conversation_id"] for alarm in rows(workspace, "privacy", "alarms")] == ["c1"]
    assert run(workspace, "privacy", "settle", "c1").output == "1 settled.\n"
    assert rows(workspace, "privacy", "alarms") == []


def test_opting_out_and_in_by_person_and_channel(workspace: Path) -> None:
    run(workspace, "privacy", "opt-out", "--person", "U7", "--channel", "#general")
    with open_store(f"sqlite:///{workspace}/data/conversations.db") as store:
        assert store.opted_out("U7")
        assert store.unwilling().channels == {"general"}
    run(workspace, "privacy", "opt-in", "--person", "U7", "--channel", "general")
    with open_store(f"sqlite:///{workspace}/data/conversations.db") as store:
        assert not store.opted_out("U7")
        assert store.unwilling().channels == frozenset()
    assert run(workspace, "privacy", "opt-out").exit_code == 2


def test_originals_are_purged_only_when_it_is_said_which(workspace: Path) -> None:
    assert run(workspace, "privacy", "purge").exit_code == 2
    assert run(workspace, "privacy", "purge", "--all").output == "0 originals are deleted.\n"
    assert rows(workspace, "privacy", "originals") == []


def test_a_proof_is_verified_by_the_id_that_the_list_gives(workspace: Path) -> None:
    run(workspace, "submissions", "add", str(workspace / "chats.jsonl"), "--style", "tea", "--as", "kim", "--consent")
    assert run(workspace, "forget", "kim").exit_code == 0
    (proof,) = rows(workspace, "privacy", "proofs")
    assert "unaltered" in run(workspace, "privacy", "verify", proof["id"]).output
    assert isinstance(run(workspace, "privacy", "verify", "another").exception, BrandvoiceError)


def test_an_opt_out_of_somebody_unknown_says_that_it_may_be_misspelled(workspace: Path) -> None:
    chat = workspace / "chat.txt"
    chat.write_text("2025-05-13, 09:58 - Hanna Lund: Open?\n2025-05-13, 09:59 - Tea Desk: Until six!\n")
    asked = ("--style", "tea", "--basis", "consent", "--speaker", "Tea Desk")
    assert run(workspace, "import", str(chat), *asked).exit_code == 0
    known = run(workspace, "privacy", "opt-out", "--person", "hanna lund").output
    assert "is not learned from any more" in known
    assert "But" not in known
    assert 'nobody is known as "Hanna Lunt"' in run(workspace, "privacy", "opt-out", "--person", "Hanna Lunt").output
    strange = run(workspace, "privacy", "opt-out", "--channel", "chats").output
    assert 'nothing here comes from a channel "chats"' in strange
    assert "But" not in run(workspace, "privacy", "opt-out", "--channel", "chat.txt").output


def test_who_is_to_be_forgotten_by_a_part_of_a_name_is_shown_who_may_be_meant(workspace: Path) -> None:
    chat = workspace / "chat.txt"
    chat.write_text("2025-05-13, 09:58 - Hanna Lund: Open?\n2025-05-13, 09:59 - Tea Desk: Until six!\n")
    run(workspace, "import", str(chat), "--style", "tea", "--basis", "consent", "--speaker", "Tea Desk")
    for typed in ("hanna", "Lund"):
        refused = run(workspace, "forget", typed, "--dry-run").exception
        assert isinstance(refused, BrandvoiceError)
        assert "  whatsapp/Hanna Lund (Hanna Lund; whatsapp)" in str(refused)
    assert "with a name like it" not in str(run(workspace, "forget", "una", "--dry-run").exception)


def test_a_day_or_a_proof_that_is_none_is_refused_in_words(workspace: Path) -> None:
    day = run(workspace, "privacy", "purge", "--before", "yesterday")
    assert day.exit_code == 2
    assert '"yesterday" is no day. Write it as 2026-01-31.' in day.output
    (workspace / "proof.json").write_text("{}")
    for file, said in (("nowhere.json", "No such file"), ("proof.json", "is not the proof of an erasure")):
        refused = str(run(workspace, "privacy", "verify", str(workspace / file)).exception)
        assert said in refused
        assert "Errno" not in refused
