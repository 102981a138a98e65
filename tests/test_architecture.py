"""The house: every module says in a sentence what it is, and none grows beyond what one reads at a sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("brandvoice", "bots", "training", "styles", "conversations")
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_begins_with_one_sentence_and_fits_on_a_few_pages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    assert first.endswith((".", "?", "…")), f"{path} does not say what it is"
    assert text.count("\n") <= 400


def test_no_module_is_called_by_a_word_that_says_nothing() -> None:
    assert [p for p in MODULES if p.stem in {"utils", "common", "helpers", "manager", "misc", "base"}] == []


FOREIGN_CODE_RUNS_HERE = {
    "bots/afterwards.py",  # checks of plugins
    "bots/assistant.py",
    "bots/discord/listening.py",
    "brandvoice/notifying.py",
    "styles/bench.py",
    "styles/passing.py",
}


def test_a_broad_except_stands_only_where_foreign_code_runs() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or getattr(node.type, "id", "") == "Exception")
    }
    assert found <= FOREIGN_CODE_RUNS_HERE


def test_no_two_attentions_take_one_name_in_transformers() -> None:
    """The registry is one for the whole process: a second of the same name would answer in the first one's stead."""
    from bots.engines.batching.attention import PACKED as SERVED
    from training.attention import ATTENTION
    from training.packing import PACKED

    assert len({SERVED, ATTENTION, PACKED}) == 3
