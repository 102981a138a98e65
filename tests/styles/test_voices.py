import json
import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conversations.errors import NotFound, VoiceRefused
from styles.voices import Manifest, VoiceRegistry, VoiceVersion, parse_reference, verify

MANIFEST = Manifest("harbor", 0, "starter", "local", "abc", "data", {}, 0, "hash", {}, "2026-01-01")


def make_registry(root: Path) -> VoiceRegistry:
    return VoiceRegistry(root, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def publish(registry: VoiceRegistry, style: str = "harbor") -> VoiceVersion:
    staging = registry.stage(style)
    (staging / "adapter_model.safetensors").write_bytes(b"weights")
    return registry.publish(staging, replace(MANIFEST, style=style))


def test_versions_are_numbered_and_begin_as_candidates(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    assert [publish(registry).reference, publish(registry).reference] == ["harbor@1", "harbor@2"]
    assert [v.state for v in registry.versions("harbor")] == ["candidate", "candidate"]
    assert registry.current("harbor") is None


def test_promotion_makes_the_old_voice_the_previous_one_and_rollback_brings_it_back(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry), publish(registry), publish(registry)
    for number in (1, 2, 3):
        registry.promote("harbor", number, who="ada")
    assert [v.state for v in registry.versions("harbor")] == ["retired", "previous", "current"]
    assert registry.rollback("harbor", who="ada", reason="too loud") == 2
    assert [v.state for v in registry.versions("harbor")] == ["previous", "current", "retired"]
    assert [(d.action, d.number) for d in registry.history("harbor")][-1] == ("rollback", 2)


def test_a_second_rollback_goes_further_back_and_never_to_the_voice_that_was_taken_back(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    for number in (1, 2, 3):
        publish(registry)
        registry.promote("harbor", number, who="ada")
    assert [registry.rollback("harbor", who="ada") for _ in range(3)] == [2, 1, 0]
    with pytest.raises(VoiceRefused, match="no previous voice"):
        registry.rollback("harbor", who="ada")
    registry.promote("harbor", 3, who="ada")
    assert registry.rollback("harbor", who="ada") == 0


def test_the_first_voice_can_be_rolled_back_to_the_prompted_base_model(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry)
    registry.promote("harbor", 1, who="ada")
    assert registry.rollback("harbor", who="ada") == 0
    assert registry.current("harbor") is None


def test_nothing_to_roll_back_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(VoiceRefused, match="no previous voice"):
        make_registry(tmp_path).rollback("harbor", who="ada")


def test_promoting_twice_changes_nothing(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry)
    registry.promote("harbor", 1, who="ada")
    registry.promote("harbor", 1, who="ada")
    assert len(registry.history("harbor")) == 1


def test_the_current_voice_cannot_be_rejected(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry)
    registry.promote("harbor", 1, who="ada")
    with pytest.raises(VoiceRefused, match="rollback"):
        registry.reject("harbor", 1, who="ada", reason="no")


@pytest.mark.parametrize("damage", ["alter", "remove"])
def test_an_altered_or_missing_file_is_named_and_refused(tmp_path: Path, damage: str) -> None:
    registry = make_registry(tmp_path)
    path = publish(registry).path / "adapter_model.safetensors"
    path.write_bytes(b"other") if damage == "alter" else path.unlink()
    with pytest.raises(VoiceRefused, match=r"adapter_model\.safetensors"):
        verify(registry.version("harbor", 1))
    with pytest.raises(VoiceRefused):
        registry.promote("harbor", 1, who="ada")
    assert registry.current("harbor") is None


def test_a_version_without_a_manifest_does_not_exist(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    registry.stage("harbor")
    assert registry.versions("harbor") == []
    registry.clean("harbor")
    assert [p for p in (tmp_path / "harbor").iterdir() if p.name.startswith(".staging")] == []


def test_scores_are_kept_with_the_version(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    version = registry.save_scores(publish(registry), {"style_score": 0.9})
    assert version.manifest.scores == {"style_score": 0.9}
    verify(version)


def _publish_many(root: str) -> None:
    for _ in range(10):
        publish(VoiceRegistry(Path(root)))


def test_two_processes_publishing_at_once_lose_no_version(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_publish_many, args=(str(tmp_path),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [v.manifest.number for v in VoiceRegistry(tmp_path).versions("harbor")] == list(range(1, 21))


def test_references_are_read_and_wrong_ones_refused(tmp_path: Path) -> None:
    assert parse_reference("harbor@3") == parse_reference("harbor@v3") == ("harbor", 3)
    with pytest.raises(VoiceRefused, match="STYLE@NUMBER"):
        parse_reference("harbor")
    with pytest.raises(NotFound, match=r"Versions of harbor: none"):
        make_registry(tmp_path).version("harbor", 7)


def test_the_manifest_is_plain_json_that_other_tools_can_read(tmp_path: Path) -> None:
    version = publish(make_registry(tmp_path))
    raw = json.loads((version.path / "voice.json").read_text())
    assert raw["template_hash"] == "hash"
    assert set(raw["files"]) == {"adapter_model.safetensors"}


def test_a_canary_is_neither_candidate_nor_current_and_ends_with_a_decision(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry), publish(registry)
    registry.promote("harbor", 1, who="ada")
    begun = registry.start_canary("harbor", 2, share=0.1, who="ada")
    assert (begun.against, begun.share, registry.version("harbor", 2).state) == (1, 0.1, "canary")
    assert registry.start_canary("harbor", 2, share=0.5, who="bob").share == 0.5
    registry.promote("harbor", 2, who="ada")
    assert registry.canary("harbor") is None
    assert [v.state for v in registry.versions("harbor")] == ["previous", "current"]


def test_a_canary_that_ends_undecided_is_a_candidate_again_and_a_rejected_one_is_rejected(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry)
    registry.start_canary("harbor", 1, share=0.1, who="ada")
    assert registry.end_canary("harbor", who="ada", reason="enough") == 1
    assert registry.version("harbor", 1).state == "candidate"
    registry.start_canary("harbor", 1, share=0.1, who="ada")
    registry.reject("harbor", 1, who="ada", reason="rude")
    assert registry.canary("harbor") is None
    with pytest.raises(VoiceRefused, match="was rejected"):
        registry.start_canary("harbor", 1, share=0.1, who="ada")
    with pytest.raises(VoiceRefused, match="No canary"):
        registry.end_canary("harbor", who="ada", reason="")


def test_only_one_canary_is_heard_at_a_time_and_never_the_current_voice(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry), publish(registry), publish(registry)
    registry.promote("harbor", 1, who="ada")
    registry.start_canary("harbor", 2, share=0.1, who="ada")
    with pytest.raises(VoiceRefused, match=r"harbor@2 is on trial already"):
        registry.start_canary("harbor", 3, share=0.1, who="ada")
    with pytest.raises(VoiceRefused, match="speaks to everybody"):
        registry.start_canary("harbor", 1, share=0.1, who="ada")
    registry.promote("harbor", 3, who="ada")  # what the canary was compared with speaks no more
    assert registry.canary("harbor") is None


def test_a_damaged_voice_is_no_canary(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    (publish(registry).path / "adapter_model.safetensors").write_bytes(b"other")
    with pytest.raises(VoiceRefused, match=r"harbor@1 is damaged: adapter_model\.safetensors"):
        registry.start_canary("harbor", 1, share=0.1, who="ada")


def test_a_register_of_before_there_were_canaries_is_read(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry)
    registry.promote("harbor", 1, who="ada")
    path = tmp_path / "harbor" / "register.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "canary"}))
    assert registry.canary("harbor") is None
    assert registry.version("harbor", 1).state == "current"


def test_a_deleted_voice_leaves_a_tombstone_its_number_and_nothing_else(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    gone = publish(registry)
    registry.delete("harbor", 1, who="ada", reason="too big")
    assert [p.name for p in gone.path.iterdir()] == ["deleted.json"]
    assert registry.versions("harbor") == []
    with pytest.raises(NotFound, match=r"harbor@1 was deleted by ada on 2026-01-01: too big"):
        registry.version("harbor", 1)
    assert publish(registry).reference == "harbor@2"


def test_whoever_speaks_is_on_trial_or_would_speak_after_a_rollback_is_not_deleted(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    publish(registry), publish(registry), publish(registry)
    registry.promote("harbor", 1, who="ada")
    registry.promote("harbor", 2, who="ada")
    registry.start_canary("harbor", 3, share=0.1, who="ada")
    for number, why in ((1, "rollback goes back to"), (2, "speaks now"), (3, "is heard as a canary")):
        with pytest.raises(VoiceRefused, match=why):
            registry.delete("harbor", number, who="ada", reason="")


def test_a_rollback_passes_over_deleted_voices(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    for number in (1, 2, 3):
        publish(registry)
        registry.promote("harbor", number, who="ada")
    registry.delete("harbor", 1, who="ada", reason="old")
    assert [registry.rollback("harbor", who="ada") for _ in range(2)] == [2, 0]


def test_a_deletion_that_was_killed_is_finished_by_the_next_cleaning(tmp_path: Path) -> None:
    registry = make_registry(tmp_path)
    path = publish(registry).path
    (path / "deleted.json").write_text('{"who": "ada", "at": "2026-01-01", "reason": "old"}')
    assert registry.versions("harbor") == []
    registry.clean("harbor")
    assert [p.name for p in path.iterdir()] == ["deleted.json"]
