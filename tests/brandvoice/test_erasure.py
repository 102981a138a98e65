import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from brandvoice.curating import curate_style
from brandvoice.erasure import Proof, erase_person, finish_erasures, verify_proof
from brandvoice.initial import create_workspace
from brandvoice.news import Newsroom
from brandvoice.plugins import load_plugins
from brandvoice.workspace import Workspace
from conversations.erasures import digest_of_facts
from conversations.errors import CurationRefused, StoreError
from conversations.messages import Conversation, Message, Submission
from conversations.person import Person
from conversations.sources import Source
from styles.dataset import PARTS, DatasetVersion, list_datasets, load_dataset, save_dataset

SOURCE = Source("s", "tea", "openai", "chats", "consent", True, datetime(2026, 1, 1, tzinfo=UTC), owner="Kim")


WORDS = """
anchor barrel candle daisy engine feather garden harvest island jacket kettle lantern meadow needle orchard pebble
quiver ribbon saddle timber umbrella velvet window yellow zephyr basket copper dragon ember falcon glacier hammer
ivory jungle kitten ladder marble nectar ocean pepper quartz river summer temple urchin violet walnut yonder
"""


def talk(number: int, author: str) -> Conversation:
    """A conversation of a number, unlike all others."""
    drawn = random.Random(number).sample(WORDS.split(), 16)
    asked = Message("user", f"Have you got {' '.join(drawn[:8])}?", author=author)
    return Conversation(f"c{number}", (asked, Message("assistant", f"We have {' '.join(drawn[8:])} here.")))


def learned(version: DatasetVersion) -> set[str]:
    return {example.conversation_id for part in PARTS for example in version.examples(part)}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path)
    (tmp_path / "styles" / "tea.toml").write_text('name = "tea"\nabout = "A shop that sells tea."\n')
    made = Workspace(tmp_path)
    with made.open_store() as store:
        store.add_conversations([talk(n, "mara" if n % 10 == 0 else "tom") for n in range(40)], source=SOURCE)
    return made


def test_what_a_killed_save_left_goes_with_a_forgotten_person(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    left = version.path.with_name(".writing-0123456789abcdef")
    left.mkdir()
    (left / "train.parquet").write_bytes((version.path / "train.parquet").read_bytes())
    with workspace.open_store() as store:
        erase_person(workspace, store, "mara", dry_run=False)
    assert not left.exists()


def test_a_forgotten_person_is_in_no_dataset_and_does_not_come_back(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        survey = erase_person(workspace, store, "mara", dry_run=True)
        assert (survey.conversations, survey.datasets) == (4, (version.reference,))
        assert version.examples("train")  # a dry run erases nothing
        proof = erase_person(workspace, store, "mara", dry_run=False)
        assert proof == replace(survey, dry_run=False)
        with pytest.raises(CurationRefused, match="were erased on somebody's request"):
            load_dataset(workspace.data, "tea", version.hash).examples("train")
        added = store.add_conversations([talk(0, "mara"), talk(1, "tom")], source=SOURCE)
        assert (added.erased, added.added) == (1, 0)
    fresh, _ = curate_style(workspace, "tea", offers=load_plugins())
    kept = {e.conversation_id for part in ("train", "holdout") for e in fresh.examples(part)}  # type: ignore[arg-type]
    assert kept == {f"c{n}" for n in range(40) if n % 10}


def test_what_somebody_handed_in_leaves_the_next_dataset_when_they_withdraw_or_opt_out(workspace: Workspace) -> None:
    with workspace.open_store() as store:
        for name, person in (("s1", "ben"), ("s2", "cleo"), ("s3", "dan")):
            said = talk(100 + ord(name[1]), "a customer").messages
            store.submit(Submission(name, "tea", person, said))
            store.reviews.judge(store.submission(name), "approve", reviewer="dora")
    before, _ = curate_style(workspace, "tea", offers=load_plugins())
    assert {"s1", "s2", "s3"} <= learned(before)
    with workspace.open_store() as store:
        store.decide("s1", state="withdrawn", reviewer="ben")
        store.opt_out("cleo")
    after, curated = curate_style(workspace, "tea", offers=load_plugins())
    assert {"s1", "s2", "s3"} & learned(after) == {"s3"}
    assert [row["reasons"] for row in curated.table() if row["step"] == "consent"] == ["opted-out 1"]


def test_what_a_round_kept_of_an_erased_dataset_goes_too(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_rounds() as rounds:
        round_ = rounds.queue("tea", recipe="default")
        rounds.advance(round_, dataset=version.hash)
        kept = [
            rounds.folder(round_.id) / name for name in ("report.html", "remote/train.jsonl", "training/curve.jsonl")
        ]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Have you got anchors?")
    with workspace.open_store() as store:
        erase_person(workspace, store, "mara", dry_run=False)
    assert [path.name for path in kept if path.is_file()] == ["curve.jsonl"]


def test_the_proof_names_nobody(workspace: Workspace) -> None:
    curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        assert "mara" not in "\n".join(erase_person(workspace, store, "mara", dry_run=False).lines())


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    proof = Proof(False, 1, 2, 0, 1, (), (), names=1, mentions=1)
    assert proof.lines() == [
        "erased: 1 conversation, 2 messages, 0 submissions, 1 vote",
        "erased: 1 name, 1 mention by others",
    ]
    assert replace(proof, names=2, mentions=3).lines()[1] == "erased: 2 names, 3 mentions by others"


def test_an_erasure_that_was_killed_half_way_is_finished_by_whoever_comes_next(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        store.forget("mara")  # as Slack, Discord and HTTP do it, or a program that dies here
        assert version.examples("train")
        (proof,) = finish_erasures(workspace, store)
        assert (proof.conversations, proof.datasets) == (4, (version.reference,))
        assert finish_erasures(workspace, store) == []
    assert version.is_erased
    with workspace.open_store() as store:
        store.forget("tom")
    with pytest.raises(CurationRefused):  # nobody is left, and the erasure was carried through before that was found
        curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        assert all(erasure.digest for erasure in store.erasures.listed())


def test_a_proof_is_verified_and_an_altered_one_is_not(workspace: Workspace) -> None:
    curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        proof = erase_person(workspace, store, "mara", dry_run=False)
        path = Path(proof.file)
        assert verify_proof(store, path) == proof.id
        text = path.read_text()
        assert "mara" not in text
        path.write_text(text.replace('"conversations": 4', '"conversations": 3'))
        with pytest.raises(StoreError, match="was altered"):
            verify_proof(store, path)
        told = json.loads(text)
        told["facts"]["conversations"] = 3
        path.write_text(json.dumps({"facts": told["facts"], "sha256": digest_of_facts(told["facts"])}))
        with pytest.raises(StoreError, match="knows nothing of, or knows otherwise"):
            verify_proof(store, path)


def test_a_damaged_dataset_counts_as_one_that_holds_the_person(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    (version.path / "train.parquet").write_bytes(b"broken")
    with workspace.open_store() as store:
        assert erase_person(workspace, store, "mara", dry_run=False).datasets == (version.reference,)
    assert version.is_erased


def test_secrets_raise_an_alarm_once_and_nobody_is_shown_them(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    leaked = (Message("user", "the password: Hunter2!xyz", author="tom"), Message("assistant", "Thank you."))
    with workspace.open_store() as store:
        store.add_conversations([Conversation("leak", leaked)], source=SOURCE)
    for _ in range(2):
        _, curated = curate_style(workspace, "tea", offers=load_plugins())
    assert curated.reasons["secret"] == 1
    with workspace.open_store() as store, workspace.open_rounds() as rounds:
        (alarm,) = store.alarms.listed()
        news = Newsroom(rounds.database, now=rounds.now).all()
        store.alarms.settle("leak", who="ops")
        assert store.alarms.listed() == []
    assert [(n.kind, n.facts["count"]) for n in news] == [("curation.secret", 1)]
    assert len(caplog.records) == 1
    assert "Hunter2" not in repr([alarm, news, caplog.text])


def test_names_of_the_export_are_hidden_in_the_dataset(workspace: Workspace) -> None:
    said = (Message("user", "Is Olga Brandt in today?", author="tom"), Message("assistant", "Olga is out, sorry!"))
    with workspace.open_store() as store:
        store.add_conversations([Conversation("olga", said)], source=SOURCE)
        store.directory.note("s", [Person("U9", ("Olga Brandt",))])
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    kept = {m.content for part in PARTS for e in version.examples(part) for m in e.messages}
    assert {"Is <NAME_1> in today?", "<NAME_1> is out, sorry!"} <= kept


def test_surrogates_come_by_choice(workspace: Workspace) -> None:
    said = (Message("user", "Write to olga@shop.test", author="tom"), Message("assistant", "I will, thank you!"))
    with (workspace.root / "brandvoice.toml").open("a") as settings:
        settings.write('\n[privacy]\nreplace = "surrogates"\n')
    with workspace.open_store() as store:
        store.add_conversations([Conversation("olga", said)], source=SOURCE)
    version, _ = curate_style(Workspace(workspace.root), "tea", offers=load_plugins())
    (written,) = [
        m.content for part in PARTS for e in version.examples(part) for m in e.messages if "Write to" in m.content
    ]
    assert re.fullmatch(r"Write to [a-z.]+\d\d@example\.(com|org|net)", written)
    assert version.manifest.settings["replace"] == "surrogates"


def test_a_plugin_that_knows_names_is_asked_by_curation(workspace: Workspace) -> None:
    def doctors(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"(?<=Dr )[A-Z][a-z]+", text)]

    said = (Message("user", "Is Dr Wilkes in today?", author="tom"), Message("assistant", "Sorry, not until Monday."))
    with workspace.open_store() as store:
        store.add_conversations([Conversation("wilkes", said)], source=SOURCE)
    offers = load_plugins()
    known = replace(offers, lists={**offers.lists, "name_finders": [doctors]})
    version, _ = curate_style(workspace, "tea", offers=known)
    assert "Is Dr <NAME_1> in today?" in {m.content for p in PARTS for e in version.examples(p) for m in e.messages}


def test_whoever_is_forgotten_while_a_dataset_is_made_is_not_in_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_late(*given: Any, **more: Any) -> DatasetVersion:
        with workspace.open_store() as other:
            other.forget("mara")
        return save_dataset(*given, **more)

    monkeypatch.setattr("brandvoice.curating.save_dataset", save_late)
    left = workspace.data / "datasets" / "tea" / ".curating"
    with pytest.raises(CurationRefused, match="asked to be forgotten while it was made"):
        curate_style(workspace, "tea", offers=load_plugins())
    (version,) = list_datasets(workspace.data, "tea")
    assert version.is_erased
    (left / "all").mkdir(parents=True, exist_ok=True)
    (left / "all" / "0").write_text("words of mara")
    with workspace.open_store() as store:
        finish_erasures(workspace, store)
    assert not left.exists()
