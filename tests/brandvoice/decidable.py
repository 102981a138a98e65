"""A workspace with rounds that wait for people, for tests of the places where people decide."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from brandvoice.decisions import promoted, supersede
from brandvoice.news import Newsroom, Unpublished
from brandvoice.rounds import Round
from brandvoice.workspace import Workspace
from styles.voices import Manifest
from tests.brandvoice.scripted import make_workspace

NASTY = "<!channel> <@U1> @everyone *bold* ```code``` & <https://evil.example|click>"


def harbor(root: Path, *, database: Path, settings: str = "") -> Workspace:
    """The workspace `harbor`, in which no round runs, with a copy of a database that is ready."""
    workspace = make_workspace(root, styles=("harbor",), settings=settings)
    workspace.data.mkdir(exist_ok=True)
    shutil.copy(database, workspace.data / "conversations.db")
    return workspace


def waiting_round(workspace: Workspace, *, dataset: str = "d" * 16) -> Round:
    """A new round whose voice passed the gate."""
    registry = workspace.voices
    with workspace.open_rounds() as rounds:
        queued = rounds.queue("harbor", recipe="default")
        staging = registry.stage("harbor")
        (staging / "adapter_model.safetensors").write_bytes(queued.id.encode())
        facts: dict[str, Any] = {"base": "b", "base_revision": "r", "base_digest": "x", "template_hash": "t"}
        when = "2026-01-01T00:00:00"
        made = Manifest(
            "harbor", 0, **facts, dataset=dataset, recipe={}, seed=0, libraries={}, created_at=when, round=queued.id
        )
        voice = registry.publish(staging, made)
        registry.save_scores(voice, {"verdict": {"passed": True, "words": "It passes."}})
        write_report(rounds.folder(queued.id))
        held = rounds.claim("test", only=queued.id)
        assert held is not None
        for state in ("curated", "trained", "evaluated"):
            held = rounds.advance(held, state=state, voice=voice.manifest.number, dataset=dataset)
        supersede(rounds, held)
        return rounds.release(held, state="waiting", reason="Fine-tuning pays.")


def promoted_round(workspace: Workspace) -> Round:
    """A round whose voice was promoted without asking."""
    waiting = waiting_round(workspace)
    with workspace.open_rounds() as rounds, rounds.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM news")
        connection.exec_driver_sql("UPDATE rounds SET state = 'evaluated', owner = 'test'")
    with workspace.open_rounds() as rounds:
        workspace.voices.promote("harbor", 1, who="round", reason="It passes.")
        return promoted(workspace, rounds, rounds.load(waiting.id), reason="It passes.")


def rejected_round(workspace: Workspace) -> Round:
    """A round whose voice the gate refused."""
    with workspace.open_rounds() as rounds:
        queued = rounds.queue("harbor", recipe="default")
        held = rounds.claim("test", only=queued.id)
        assert held is not None
        return rounds.release(held, state="rejected", reason="Too few examples: 40, come back at 120.")


def write_report(folder: Path) -> None:
    """What the cards read of a report, with words that would do harm if they were not escaped."""
    columns = [
        {"name": "prompted", "title": "Base with the guide", "style": {"mean": 0.31}, "chrf": 0.2, "verbatim": 0.0},
        {"name": "tuned", "title": "harbor", "style": {"mean": 0.84}, "chrf": 0.3, "verbatim": 0.012},
    ]
    answers = [
        {"prompt": [["user", f"Question {n}? {NASTY}"]], "replies": {"prompted": f"Before {n}. {NASTY}", "tuned": said}}
        for n, said in enumerate(("After 0.", f"Before 1. {NASTY}", "After 2.\n@here", "After 3.", "After 4."))
    ]
    report = {
        "verdict": {"words": f"Fine-tuning pays. {NASTY}"},
        "evaluation": {"columns": columns, "answers": answers},
    }
    (folder / "report.json").write_text(json.dumps(report))


def taught(workspace: Workspace, person: str, *, examples: int = 1) -> None:
    """News that a person's examples are in harbor@1."""
    pieces = [
        Unpublished(
            "example.learned",
            key=f"example.learned:{person}:{number}",
            style="harbor",
            facts={"submission": f"abcdef{number:08d}", "style": "harbor", "voice": 1},
            person=person,
        )
        for number in range(examples)
    ]
    with workspace.open_rounds() as rounds:
        Newsroom(rounds.database, now=rounds.now).publish_all(pieces)
