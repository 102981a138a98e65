from datetime import UTC, datetime
from pathlib import Path

import pytest

from brandvoice.rounds import RoundStore
from conversations.errors import NotFound, RoundRefused


def make_store(root: Path) -> RoundStore:
    return RoundStore(root, now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_a_round_is_kept_from_its_first_moment(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    started = store.start("harbor", recipe="default", until="promoted")
    assert started.id == "harbor-20260102-030405"
    assert store.load(started.id) == started
    assert store.start("harbor", recipe="default", until="promoted").id == "harbor-20260102-030405-2"


def test_two_rounds_of_one_style_at_once_are_refused_and_of_two_styles_are_not(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    with store.lock("harbor"):
        with pytest.raises(RoundRefused, match="running already"), make_store(tmp_path).lock("harbor"):
            pass
        with make_store(tmp_path).lock("volt"):
            pass
    with store.lock("harbor"):
        pass


def test_an_unknown_round_names_the_latest(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    started = store.start("harbor", recipe="default", until="promoted")
    with pytest.raises(NotFound, match=started.id):
        store.load("nix")
    with pytest.raises(NotFound):
        store.load("../harbor")


def test_what_a_person_decided_stands_in_the_round(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    started = store.start("harbor", recipe="default", until="promoted")
    store.decided(started.id, state="promoted", reason="by ada")
    store.decided(None, state="promoted", reason="a voice without a round")
    assert store.load(started.id).state == "promoted"
