from collections.abc import Iterator
from pathlib import Path

import pytest

from brandvoice.gate_settings import GateSection
from brandvoice.initial import create_workspace
from brandvoice.measuring import MeasuringDesk
from brandvoice.plugins import load_plugins
from brandvoice.rules import house_rules
from brandvoice.settings import StyleSection
from brandvoice.workspace import SETTINGS_FILE, Workspace
from conversations.errors import SettingsError
from conversations.messages import Message
from training.gate import OPTIONAL
from training.guards import GUARDS

ASKED = ["where is my order?", "can I pay later?", "hi", "do you ship to Malta, and what does that cost me?"]
PROMPTS = [(Message("user", asked),) for asked in ASKED]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path)
    return Workspace(tmp_path)


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[MeasuringDesk]:
    with MeasuringDesk(workspace, load_plugins()) as opened:
        yield opened


def test_what_is_answered_beside_a_prompt_does_not_change_the_answer(desk: MeasuringDesk) -> None:
    together = desk.speak(PROMPTS, None)
    assert all(together)
    assert desk.speak(PROMPTS[::-1], None) == together[::-1]
    assert [desk.speak([prompt], None)[0] for prompt in PROMPTS] == together


def test_a_reply_given_alone_is_timed(desk: MeasuringDesk) -> None:
    first, whole = desk.pace(PROMPTS[0], None)
    assert 0 < first <= whole


def test_without_an_endpoint_there_is_nothing_to_ask_there(desk: MeasuringDesk) -> None:
    assert desk.endpoint is None


def test_limits_come_from_the_settings_of_the_style() -> None:
    section = StyleSection(gate=GateSection(max_triggers=2, off=("declines",)))
    limits = section.gate.limits(
        min_prompts=50, allow_underpowered=False, max_general_rise=0.3, audited=False, unfit=False
    )
    assert (limits.min_prompts, limits.max_triggers, limits.max_general_rise) == (50, 2, 0.3)
    assert limits.guards == frozenset(GUARDS) - OPTIONAL - {"declines"}


def test_an_audit_that_was_asked_for_has_to_be_measured() -> None:
    limits = GateSection().limits(
        min_prompts=1, allow_underpowered=True, max_general_rise=0.5, audited=True, unfit=False
    )
    assert "canaries" in limits.guards


def test_a_voice_that_learned_from_somebody_erased_has_only_to_be_equalled() -> None:
    limits = GateSection().limits(
        min_prompts=1, allow_underpowered=True, max_general_rise=0.5, audited=False, unfit=True
    )
    assert limits.min_gain == -0.02


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('columns = ["prompted"]', "styles.harbor.gate"),
        ('columns = ["base", "tuned"]', "styles.harbor.gate.columns.1"),
        ('off = ["everything"]', "styles.harbor.gate.off.0"),
        ("max_degenerate = 2", "styles.harbor.gate.max_degenerate"),
        ("min_style_auc = 0.5", "styles.harbor.gate.min_style_auc"),
        ("max_exposur = 2", "styles.harbor.gate.max_exposur"),
    ],
)
def test_a_fault_in_the_gates_settings_is_named_with_its_key(workspace: Workspace, line: str, key: str) -> None:
    path = workspace.root / SETTINGS_FILE
    path.write_text(path.read_text(encoding="utf-8") + f"\n[styles.harbor.gate]\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=key.replace(".", r"\.")):
        Workspace(workspace.root).settings  # noqa: B018


def test_house_rules_are_read_and_a_broken_one_is_named_with_its_line(workspace: Workspace) -> None:
    assert house_rules(workspace, "harbor") == ()
    folder = workspace.styles_folder / "harbor" / "rules"
    folder.mkdir(parents=True)
    (folder / "Hype.yml").write_text("extends: existence\nmessage: no hype\ntokens:\n  - amazing\n", encoding="utf-8")
    [rule] = house_rules(workspace, "harbor")
    assert rule("This is amazing.").score < 1.0
    (folder / "Broken.yml").write_text("extends: existence\nmessage: x\ntokens:\n  - '(('\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"Broken\.yml:\d"):
        house_rules(workspace, "harbor")
