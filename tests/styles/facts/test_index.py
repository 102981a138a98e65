"""The built-in search finds the right passage and follows what people change in the folder."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from styles.facts import FactIndex


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    facts = tmp_path / "facts"
    (facts / "shop").mkdir(parents=True)
    (facts / "returns.md").write_text("# Returns\nSend it back within 30 days. Refunds take a week.\n# Costs\nFree.")
    (facts / "shop" / "hours.txt").write_text("Q: When are you open?\nA: We open at nine and close at five.")
    (facts / "café.md").write_text("# Café\nOur café serves crêpes.")
    (facts / "notes.docx").write_bytes(b"PK")
    (facts / ".draft.md").write_text("# Secret\nThe secret opening is at midnight.")
    return facts


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("How do I return something?", "returns.md"),
        ("when does the shop open, please", "shop/hours.txt"),
        ("Do you have CREPES at the cafe?", "café.md"),
        ('what about "refunds" OR NEAR(x) -- *', "returns.md"),
    ],
)
def test_the_best_passage_comes_first(folder: Path, question: str, source: str) -> None:
    assert FactIndex(folder).search(question)[0].source == source


@pytest.mark.parametrize(
    "question", ["", "Hello!", "and the of", "Sing me something about dragons", "\x00", "' OR 1=1"]
)
def test_where_nothing_fits_nothing_is_found(folder: Path, question: str) -> None:
    assert FactIndex(folder).search(question) == []


def test_hidden_files_and_links_out_of_the_folder_are_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("# Midnight\nThe password is midnight.")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    assert FactIndex(folder).search("midnight") == []


def test_changes_are_followed(folder: Path) -> None:
    clock = Clock()
    index = FactIndex(folder, clock=clock)
    assert len(index) == 4
    (folder / "returns.md").write_text("# Returns\nSend it back within 60 days.")
    os.utime(folder / "returns.md", ns=(1, 1))
    (folder / "new.html").write_text("<h1>Gift cards</h1><p>They never expire.</p>")
    (folder / "café.md").unlink()
    assert "30 days" in index.search("returns")[0].text, "it looks once in a second"
    clock.now += 1.0
    assert [p.text for p in index.search("returns")] == ["Send it back within 60 days."]
    assert index.search("gift cards")[0].source == "new.html"
    assert index.search("crêpes") == []


def test_a_broken_file_is_reported_and_the_rest_is_found(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "broken.csv").write_text("x\n1")
    assert FactIndex(folder).search("returns")
    assert "broken.csv" in caplog.text


def test_a_folder_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    clock = Clock()
    index = FactIndex(tmp_path / "later", clock=clock)
    assert index.search("returns") == []
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.md").write_text("Returns are free.")
    clock.now += 1.0
    assert index.search("returns")


def test_languages_without_spaces_are_searched_by_pieces_of_words(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# 退货政策\n您可以在三十天内退货。")
    assert FactIndex(tmp_path, language="zh").search("请问退货政策是什么?")
    assert FactIndex(tmp_path, language="zh").search("天气预报怎么样") == []


def test_many_threads_search_at_once(folder: Path) -> None:
    index, found = FactIndex(folder, look_every=0.0), []

    def work() -> None:
        found.extend(index.search("returns")[0].source for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["returns.md"] * 300
