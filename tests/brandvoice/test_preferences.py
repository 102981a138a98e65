"""Feedback of a workspace: gathered by curation, reached by erasure, and learned from after SFT."""

import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from typer.testing import CliRunner

from brandvoice.cli import app
from brandvoice.curating import curate_style
from brandvoice.erasure import erase_person
from brandvoice.initial import create_workspace
from brandvoice.plugins import load_plugins
from brandvoice.preferences import Preferred, prefer
from brandvoice.workspace import Workspace
from conversations.messages import Conversation, Feedback, Message, Submission
from conversations.sources import Source
from conversations.store import ConversationStore
from styles.base_model import find_base_model, load_weights
from styles.dataset import DatasetVersion, save_dataset
from styles.preferences import Preference, Preferences
from styles.voices import file_digest
from tests.styles.material import curated, distinct
from tests.tiny import save_tiny_base
from tests.training.wishes import pairs, votes
from training.plan import Machine
from training.recipe import Lora, Method, Prefer, Recipe

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source("s", "volt", "openai", "chats", "own-content", True, NOW, owner="Kim")
OPINIONS = {"Where is my scooter?": True, "Do you repair brakes?": True, "Is the shop open?": True}
COMPLAINTS = {"How far does it go?": False, "Which tyre fits?": False, "My bell is loose": False}


def bundled(count: int) -> list[Conversation]:
    lines = (resources.files("brandvoice") / "demo_data" / "volt.jsonl").read_text(encoding="utf-8").splitlines()
    said = [json.loads(line)["messages"] for line in lines[:count]]
    return [
        Conversation(f"c{n}", tuple(Message(m["role"], m["content"]) for m in turns)) for n, turns in enumerate(said)
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path)
    (tmp_path / "styles" / "volt.toml").write_text('name = "volt"\nabout = "Electric scooters with a grin."\n')
    made = Workspace(tmp_path)
    with made.open_store() as store:
        store.add_conversations(bundled(80), source=SOURCE)
        for number, (asked, liked) in enumerate({**OPINIONS, **COMPLAINTS}.items()):
            _talk(store, number, asked=asked, liked=liked)
    return made


def _talk(store: ConversationStore, number: int, *, asked: str, liked: bool) -> None:
    """A live exchange on which two people vote, hours apart from the next; unliked ones get a better answer."""
    question = Message("user", asked, author=f"asker{number}", id=f"q{number}")
    answer = Message("assistant", f"Let me see about that, case {number}.", id=f"r{number}", voice="volt@0")
    store.keep_exchange("slack", f"c{number}", style="volt", asked=[question], reply=answer)
    for voter in (n % 6 for n in range(number, number + 3)):
        moment = NOW + timedelta(hours=9 * number + voter)
        store.give_feedback(Feedback(f"r{number}", f"voter{voter}", thumb="up" if liked else "down", given_at=moment))
    if not liked:
        better = Message("assistant", f"yo, {asked.lower()} we got you, stay charged", author="ann")
        store.submit(Submission(f"sub{number}", "volt", "ann", (question, better), replaces=f"r{number}"))
        store.decide(f"sub{number}", state="approved", reviewer="rob")


def kept(version: DatasetVersion, kind: str) -> list[Preference]:
    rows = version.pairs if kind == "pairs" else version.votes
    return [*rows("train"), *rows("holdout")]


def test_curation_takes_what_people_said_of_replies(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "volt", offers=load_plugins())
    assert {row.id: row.label for row in kept(version, "votes")} == {f"r{n}": n < 3 for n in range(6)}
    assert {row.id for row in kept(version, "pairs")} == {"sub3", "sub4", "sub5"}
    assert "voter0" not in (version.path / "README.md").read_text(encoding="utf-8")
    sides = {e.id: part for part in ("train", "holdout") for e in version.examples(part)}  # type: ignore[arg-type]
    assert all(row.part == sides.get(row.id, row.part) for row in kept(version, "pairs"))


@pytest.mark.parametrize("person", ["voter0", "asker1", "ann"])
def test_forgetting_whoever_voted_asked_or_wrote_reaches_the_dataset(workspace: Workspace, person: str) -> None:
    version, _ = curate_style(workspace, "volt", offers=load_plugins())
    with workspace.open_store() as store:
        proof = erase_person(workspace, store, person, dry_run=False)
    assert proof.datasets == (version.reference,)
    assert not list(version.path.glob("*.parquet"))


def test_imported_preferences_are_learned_from_like_those_of_members(workspace: Workspace, tmp_path: Path) -> None:
    logs = tmp_path / "pairs.jsonl"
    asked = {"messages": [{"role": "user", "content": "Do you sell helmets?"}]}
    wanted, other = ([{"role": "assistant", "content": text}] for text in ("yo, all sizes ⚡", "We do indeed."))
    logs.write_text(json.dumps({"input": asked, "preferred_output": wanted, "non_preferred_output": other}) + "\n")
    imported = CliRunner().invoke(
        app, ["--workspace", str(workspace.root), "import", str(logs), "--style", "volt", "--basis", "own-content"]
    )
    assert imported.exit_code == 0, imported.output
    version, _ = curate_style(workspace, "volt", offers=load_plugins())
    found = {row.chosen: row for row in kept(version, "pairs")}["yo, all sizes ⚡"]
    assert (found.rejected, found.basis, found.voice) == ("We do indeed.", "own-content", None)
    assert "We do indeed." not in {m.content for e in version.examples("train") for m in e.targets}


def test_too_few_voters_are_no_claim(workspace: Workspace) -> None:
    settings = workspace.root / "brandvoice.toml"
    settings.write_text(settings.read_text() + "\n[styles.volt]\nmin_voters = 7\n")
    version, _ = curate_style(Workspace(workspace.root), "volt", offers=load_plugins())
    assert kept(version, "votes") == []
    assert version.manifest.preferences["left_out"]["too-few-people"] == 18


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = load_weights(find_base_model(str(base)), dtype="float32", device="cpu")
    folder = tmp_path_factory.mktemp("adapter")
    get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.machine.find_machine", lambda device: Machine("cpu", "float32", 1))


def dataset(folder: Path, rows: list[Preference]) -> DatasetVersion:
    made = curated(distinct(20))
    return save_dataset(made, style="harbor", data_dir=folder, now=NOW, preferences=lambda _: Preferences(tuple(rows)))


def taught(base: Path, adapter: Path, folder: Path, *, method: Method, rows: list[Preference]) -> tuple[Preferred, Any]:
    told: list[str] = []
    recipe = Recipe(name="test", method=method, lora=Lora(rank=4), prefer=Prefer(epochs=1))
    preferred = prefer(
        adapter,
        base=find_base_model(str(base)),
        recipe=recipe,
        dataset=dataset(folder, rows),
        folder=folder,
        device="cpu",
        watch=lambda progress: None,
        tell=lambda message, **facts: told.append(message),
    )
    return preferred, told


def test_auto_learns_votes_then_pairs_and_says_why(base: Path, adapter: Path, tmp_path: Path) -> None:
    rows = [*(v for v in votes(48)), *pairs(24, seed=1), *pairs(12, part="holdout")]
    rows = [*rows[:48], *(Preference(f"pair{n}", **_but_id(row)) for n, row in enumerate(rows[48:]))]
    preferred, told = taught(base, adapter, tmp_path, method="auto", rows=rows)
    assert preferred.choice.kinds == ("kto", "dpo")
    assert told[0] == (
        "SFT then KTO then DPO: 24 replies with thumbs up and 24 with thumbs down are enough for KTO (24 of each "
        "needed); 24 pairs of a better and a worse reply are enough for DPO (24 needed)."
    )
    facts = preferred.facts["preference"]
    assert (facts["kto"]["rows"], facts["dpo"]["rows"], facts["holdout_pairs"]) == (48, 24, 12)
    assert facts["wins_after"][0] >= 0
    assert preferred.adapter == tmp_path / "dpo" / "adapter"
    assert (tmp_path / "kto" / "adapter" / "adapter_model.safetensors").is_file()


def _but_id(row: Preference) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "id"}


def test_where_there_is_too_little_the_adapter_stays_as_it_is(base: Path, adapter: Path, tmp_path: Path) -> None:
    preferred, told = taught(base, adapter, tmp_path, method="auto", rows=[*votes(10), *pairs(3, seed=1)][3:])
    assert preferred.adapter == adapter
    assert "too few for KTO" in told[0]
    assert file_digest(adapter / "adapter_model.safetensors")


def test_blame_alone_never_trains(base: Path, adapter: Path, tmp_path: Path) -> None:
    preferred, told = taught(
        base, adapter, tmp_path, method="sft+kto", rows=[vote for vote in votes(80) if not vote.label]
    )
    assert preferred.adapter == adapter
    assert told == ["SFT: 40 thumbs down and none up: blame alone never trains."]
