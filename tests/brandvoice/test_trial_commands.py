import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from brandvoice.around import look_around
from brandvoice.cli import app
from brandvoice.commands.context import operator
from brandvoice.evidence import StyleEvidence
from brandvoice.workspace import Workspace
from conversations.blind_votes import Between, Proposal
from conversations.errors import BrandvoiceError, NotFound, VoiceRefused
from conversations.messages import Message
from styles.voices import Manifest
from tests.brandvoice.scripted import make_workspace

BETWEEN = Between("tea@2", "tea@1")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "w")
    for _ in range(3):
        publish(made)
    made.voices.promote("tea", 1, who="ada")
    return made


def publish(workspace: Workspace) -> None:
    registry = workspace.voices
    manifest = Manifest("tea", 0, "b", "r", "x", "d" * 16, {"epochs": 3}, 0, "t", {}, "2026-01-01T00:00:00")
    version = registry.publish(registry.stage("tea"), manifest)
    registry.save_scores(version, {"style_score": 0.5, "verdict": {"passed": True, "words": "It passes."}})


def run(workspace: Workspace, *words: str, keys: str = "") -> str:
    """What a command says; raises what it refuses with."""
    done = CliRunner().invoke(app, ["--workspace", str(workspace.root), *words], input=keys)
    if isinstance(done.exception, BrandvoiceError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def propose(workspace: Workspace, count: int) -> None:
    with workspace.open_store() as store:
        asked = [(("user", f"question {n}"),) for n in range(count)]
        store.blind_votes.propose(
            Proposal("tea", BETWEEN, p, f"one \x1b[31m{n}", f"other {n}") for n, p in enumerate(asked)
        )


def test_a_vote_at_the_terminal_names_nobody_until_it_is_over(workspace: Workspace) -> None:
    propose(workspace, 3)
    said = run(workspace, "vote", "tea", "--person", "ada", keys="1\nx\n=\n2\n")
    before, _, after = said.partition("No more pairs")
    assert "tea@" not in before
    assert "\x1b" not in before
    assert "1 person, 1 of 3 votes a tie" in after
    assert "No more pairs" in run(workspace, "vote", "tea", "--person", "ada")
    told: dict[str, Any] = json.loads(run(workspace, "vote", "tea", "--result", "--json"))
    assert (told["votes"], told["people"], told["won"] + told["lost"]) == (3, 1, 2)


def test_a_vote_that_is_left_keeps_what_was_said(workspace: Workspace) -> None:
    propose(workspace, 3)
    run(workspace, "vote", "tea", keys="1\nq\n")
    with workspace.open_store() as store:
        assert len(store.blind_votes.votes("tea", BETWEEN)) == 1


@pytest.mark.parametrize("named", [("tea@2", "tea@2"), ("tea@2", "cups@1")])
def test_a_vote_is_between_two_versions_of_the_style(workspace: Workspace, named: tuple[str, str]) -> None:
    with pytest.raises(VoiceRefused, match="two different versions of tea"):
        run(workspace, "vote", "tea", "--between", *named)


def test_without_answers_to_the_same_prompts_it_says_how_to_get_some(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="--answers 30"):
        run(workspace, "vote", "tea")


def test_a_candidate_is_put_on_trial_shown_and_taken_off_it(workspace: Workspace) -> None:
    assert "tea@2 is heard by 10% (person), beside tea@1" in run(
        workspace, "voices", "canary", "tea@2", "--share", "0.1"
    )
    shown = json.loads(run(workspace, "voices", "canary", "tea", "--json"))
    assert (shown["canary"], shown["against"], shown["verdict"]) == ("tea@2", "tea@1", "wait")
    assert "tea@2 is a candidate as before" in run(workspace, "voices", "canary", "tea", "--end")
    with pytest.raises(VoiceRefused, match="No canary of tea"):
        run(workspace, "voices", "canary", "tea")


def test_people_hear_only_what_the_gate_let_pass(workspace: Workspace) -> None:
    version = workspace.voices.version("tea", 3)
    workspace.voices.save_scores(version, {"verdict": {"passed": False, "words": "It leaks."}})
    with pytest.raises(VoiceRefused, match=r"nobody is to hear it\. It leaks"):
        run(workspace, "voices", "canary", "tea@3", "--share", "0.1")
    with pytest.raises(VoiceRefused, match=r"--by conversation, --by person"):
        run(workspace, "voices", "canary", "tea@2", "--share", "0.1", "--by", "moon")


def test_what_is_not_used_any_more_is_deleted_but_for_the_newest(workspace: Workspace) -> None:
    for number in (2, 3):
        workspace.voices.reject("tea", number, who="ada", reason="no")
    assert "tea@2 (rejected) would be deleted" in run(workspace, "voices", "prune", "tea", "--keep", "1", "--dry-run")
    assert "tea@2 (rejected) is deleted" in run(workspace, "voices", "prune", "tea", "--keep", "1")
    assert [v.reference for v in workspace.voices.versions("tea")] == ["tea@1", "tea@3"]
    with pytest.raises(VoiceRefused, match="speaks now"):
        run(workspace, "voices", "delete", "tea@1", "--reason", "no")


def test_two_versions_are_compared_by_what_differs_and_what_counts(workspace: Workspace) -> None:
    workspace.voices.save_scores(workspace.voices.version("tea", 2), {"style_score": 0.75})
    said = run(workspace, "voices", "compare", "tea@2", "tea@1")
    assert "score.style_score" in said
    assert "0.75" in said
    assert "recipe.epochs" not in said
    assert "learned from the same dataset" in said
    with pytest.raises(VoiceRefused, match="versions of two styles"):
        run(workspace, "voices", "compare", "tea@2", "cups@1")


def test_drift_is_drawn_by_version_from_replies_that_nobody_scored_yet(workspace: Workspace) -> None:
    assert "Nobody has talked to tea" in run(workspace, "styles", "drift", "tea")
    now = datetime.now(UTC)
    with workspace.open_store() as store:
        talk = store.open_conversation("slack", "C1/t", style="tea")
        for number in range(4):
            sent = now - timedelta(days=number)
            store.append(talk, Message("assistant", "Yes, tea.", sent_at=sent, voice=f"tea@{number % 2}"))
    days = json.loads(run(workspace, "styles", "drift", "tea", "--json"))
    assert [day["replies"] for day in days] == [1, 1, 1, 1]
    said = run(workspace, "styles", "drift", "tea")
    assert "tea@0" in said
    assert "over 2 replies" in said


def test_a_falling_live_score_asks_for_a_round(workspace: Workspace) -> None:
    now = datetime.now(UTC)
    with workspace.open_store() as store:
        talk = store.open_conversation("slack", "C1/t", style="tea")
        for number in range(80):
            sent = now - timedelta(days=30 if number % 2 else 1)
            text = "Yes, we have tea." if number % 2 else "чай " * 3
            store.append(talk, Message("assistant", f"{text} {number}", sent_at=sent, voice="tea@1"))
    with workspace.open_rounds() as rounds:
        fall = StyleEvidence(workspace, rounds, "tea", now=now).score_fall()
    assert fall is not None
    assert fall > 0.2


def test_a_promotion_against_the_gate_wants_a_reason_and_stays_in_the_audit(workspace: Workspace) -> None:
    refused = workspace.voices.version("tea", 3)
    workspace.voices.save_scores(refused, {"verdict": {"passed": False, "words": "It repeats its training."}})
    for reason in ((), ("--reason", "  ")):
        with pytest.raises(VoiceRefused, match=r"did not pass tea@3\. It repeats its training\..*--reason"):
            run(workspace, "voices", "promote", "tea@3", *reason)
    with workspace.open_store() as store:
        assert store.audit("tea@3") == []
    run(workspace, "voices", "promote", "tea@3", "--reason", "the fair opens today")
    run(workspace, "voices", "promote", "tea@2")  # which passed
    with workspace.open_store() as store:
        (line,) = store.audit("tea@3")
        assert store.audit("tea@2") == []
    assert (line.who, line.what) == (operator(), "voice promoted against the gate")
    assert line.at.tzinfo is not None
    assert dict(line.details) == {
        "style": "tea",
        "version": 3,
        "reason": "the fair opens today",
        "verdict": "It repeats its training.",
    }


@pytest.mark.parametrize(
    ("training", "costs"),
    [
        ({}, ()),
        ({"seconds": 90, "steps": 7}, (("Training", "1.5 minutes for 7 steps"),)),
        (
            {
                "seconds": 90,
                "steps": 7,
                "expected": {"minutes": 2.04, "memory_gib": 1.8, "cost": 0.0},
                "took": {"minutes": 1.5, "memory_gib": None, "cost": 0.0},
            },
            (
                ("Training", "1.5 minutes for 7 steps"),
                ("Estimate and actual", "2.0 minutes expected, 1.5 taken"),
            ),
        ),
    ],
)
def test_what_a_training_took_stands_beside_what_was_expected(
    workspace: Workspace, training: dict[str, Any], costs: tuple[tuple[str, str], ...]
) -> None:
    voice = workspace.voices.version("tea", 2)
    trained = replace(voice, manifest=replace(voice.manifest, training=training))
    assert look_around(workspace, trained).costs == costs


def test_a_voice_with_an_altered_file_is_not_measured_and_the_file_is_named(workspace: Workspace) -> None:
    registry = workspace.voices
    staging = registry.stage("tea")
    (staging / "adapter_model.safetensors").write_bytes(b"weights")
    manifest = Manifest("tea", 0, "b", "r", "x", "d" * 16, {}, 0, "t", {}, "2026-01-01T00:00:00")
    voice = registry.publish(staging, manifest)
    (voice.path / "adapter_model.safetensors").write_bytes(b"other weights")
    with pytest.raises(VoiceRefused, match=r"tea@4 is damaged: adapter_model\.safetensors is not the file"):
        run(workspace, "evaluate", "tea@4")
    assert registry.version("tea", 4).manifest.scores == {}
