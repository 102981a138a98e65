"""Dataset versions on disk: frozen under their hash, whole or not there at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.errors import CurationRefused, NotFound
from conversations.messages import Conversation, Message
from conversations.roster import Roster
from styles import dataset as dataset_module
from styles.curation import Curated, Limits
from styles.dataset import DatasetVersion, finish_saves, list_datasets, load_dataset, save_dataset
from styles.dataset_card import SCREEN, dataset_card
from styles.dataset_diff import DatasetDiff, diff_datasets
from styles.examples import Example
from styles.holdout import digest as digest_of_id
from styles.rows import read_rows, write_rows
from styles.split import Split
from styles.steps import builtin_steps
from tests.styles.material import DAY, SOURCES, conversation, curated, distinct

TALKS = [
    *distinct(28),
    conversation("mail", "u: I am olivia@example.com", "a: Thanks, I write to olivia@example.com."),
    conversation("leak", "u: my password: Hunter22x", "a: Please change it."),
    conversation("closed", "u: psst", "a: hm", source="closed"),
]


def save(
    data: Path, talks: list[Conversation] | Curated, *, now: datetime = DAY, style: str = "harbor"
) -> DatasetVersion:
    made = talks if isinstance(talks, Curated) else curated(talks)
    return save_dataset(made, style=style, data_dir=data, now=now)


def rows(version: DatasetVersion) -> list[Example]:
    return sorted([*version.examples("train"), *version.examples("holdout")], key=lambda example: example.id)


def test_what_was_curated_comes_back(tmp_path: Path) -> None:
    made = curated(TALKS, roster=Roster.of(["Olivia Nakamura"]), reviewers={"mail": "Olivia"})
    version = save(tmp_path, made)
    assert rows(version) == sorted(made.examples, key=lambda example: example.id)
    assert (version.train_count, version.holdout_count) == tuple(len(version.examples(p)) for p in ("train", "holdout"))
    assert load_dataset(tmp_path, "harbor") == version
    assert version.path == tmp_path / "datasets" / "harbor" / version.hash


def test_the_manifest_tells_the_whole_story(tmp_path: Path) -> None:
    manifest = save(tmp_path, TALKS).manifest
    assert manifest.conversations == 31
    assert manifest.train["examples"] + manifest.holdout["examples"] == 29
    assert manifest.dropped == {"not-allowed": 1, "secret": 1}
    assert manifest.redactions == {"EMAIL": 2}
    assert manifest.sources == [
        {"id": "log", "kind": "openai", "name": "log.jsonl", "basis": "own-content", "licence": "", "examples": 29}
    ]
    assert manifest.split == {"share": 0.15, "at_least": 5}
    assert manifest.parent is None
    assert [step["step"] for step in manifest.steps][:4] == ["own words", "basis", "consent", "own replies"]
    assert set(manifest.files) == {"train.parquet", "holdout.parquet", "dropped.jsonl", "README.md", "coverage.svg"}


def test_the_drops_are_kept_with_their_reasons_and_without_what_was_private(tmp_path: Path) -> None:
    version = save(tmp_path, TALKS)
    lines = [json.loads(line) for line in (version.path / "dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["step"], line["reason"]) for line in lines] == [
        ("closed", "basis", "not-allowed"),
        ("leak", "secrets", "secret"),
    ]
    everything = b"".join(path.read_bytes() for path in version.path.iterdir())
    assert b"Hunter22x" not in everything
    assert b"olivia@example.com" not in everything


def test_what_was_seen_includes_what_was_dropped(tmp_path: Path) -> None:
    assert save(tmp_path, TALKS).seen() == {talk.id for talk in TALKS}


def test_the_card_names_sources_counts_drops_redactions_and_gaps(tmp_path: Path) -> None:
    card = (save(tmp_path, TALKS).path / "README.md").read_text(encoding="utf-8")
    for part in (
        "| log.jsonl | openai | own-content | none given | 29 |",
        "| basis | 31 | 0 | 1 | 0 | 30 | not-allowed 1 |",
        "| language | examples |",
        "| EMAIL | 2 |",
        "## What is not covered\n\n- names of people",
        "- split: holdout\n    path: holdout.parquet",
    ):
        assert part in card


@pytest.mark.parametrize(
    ("licences", "header"),
    [
        (("MIT", "mit"), "license: mit\n"),
        (("MIT", "CC-BY-4.0"), "license:\n- cc-by-4.0\n- mit\n"),
        (("MIT", ""), "license: other\n"),
        (("our terms",), "license: other\n"),
    ],
)
def test_the_card_names_the_licences_of_its_sources_where_the_hub_knows_them(
    tmp_path: Path, licences: tuple[str, ...], header: str
) -> None:
    manifest = save(tmp_path, TALKS).manifest
    sources = [{**manifest.sources[0], "licence": licence} for licence in licences]
    assert header in dataset_card(replace(manifest, sources=sources))


def test_the_card_counts_the_languages_that_the_brand_speaks(tmp_path: Path) -> None:
    german = "Guten Tag! Ihr Paket hat unser Lager heute verlassen und kommt morgen bei Ihnen an, Nummer {}."
    english = "Good morning! Your parcel has left our house today and arrives with you tomorrow, it is number {}."
    said = (
        {f"d{i}": german.format(i) for i in range(3)} | {f"e{i}": english.format(i) for i in range(9)} | {"s": "Yes."}
    )
    examples = tuple(
        Example(name, name, (Message("user", f"Where is parcel {name}?"), Message("assistant", reply)))
        for name, reply in said.items()
    )
    version = save(tmp_path, replace(curated(TALKS), examples=examples))
    assert version.manifest.languages == {"en": 9, "de": 3, "": 1}
    card = (version.path / "README.md").read_text(encoding="utf-8")
    assert "language:\n- en\n- de\nlicense" in card
    assert "| de | 3 |\n| too short to be sure | 1 |" in card


@pytest.mark.slow
def test_the_hugging_face_library_reads_the_folder_by_its_card(tmp_path: Path) -> None:
    version = save(tmp_path, TALKS)
    program = (
        "import datasets, sys\n"
        "loaded = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2])\n"
        "print({name: len(part) for name, part in loaded.items()}, loaded['train'][0]['messages'][-1]['trainable'])"
    )
    arguments = [sys.executable, "-c", program, str(version.path), str(tmp_path / "cache")]
    told = subprocess.run(
        arguments, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}, check=True
    )
    assert told.stdout.strip() == f"{{'train': {version.train_count}, 'holdout': {version.holdout_count}}} True"


def test_the_same_content_is_the_same_version_and_is_not_written_again(tmp_path: Path) -> None:
    first = save(tmp_path, TALKS)
    stamps = {path.name: path.stat().st_mtime_ns for path in first.path.iterdir()}
    assert save(tmp_path, list(reversed(TALKS)), now=DAY + timedelta(days=9)) == first
    assert {path.name: path.stat().st_mtime_ns for path in first.path.iterdir()} == stamps


@settings(max_examples=5, deadline=None)
@given(st.permutations(TALKS))
def test_the_hash_does_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, talks: list[Conversation]
) -> None:
    versions = {save(tmp_path_factory.mktemp("data"), order).hash for order in (TALKS, talks)}
    assert len(versions) == 1


def test_the_hash_is_the_same_on_every_machine(tmp_path: Path) -> None:
    assert save(tmp_path, distinct(20)).hash == "f65fc15ff1e75dd9", "if the built-in rules changed, RULES has to go up"


def test_the_hash_does_not_depend_on_when_or_from_which_file_it_came(tmp_path: Path) -> None:
    elsewhere = replace(SOURCES["log"], id="other", name="copy.jsonl", added_at=DAY + timedelta(days=3))
    moved = [replace(talk, source="other", place="copy.jsonl:1") for talk in distinct(20)]
    sources = {"other": elsewhere}
    one = save(tmp_path / "one", distinct(20))
    assert save(tmp_path / "two", curated(moved, sources=sources), now=DAY + timedelta(days=5)).hash == one.hash


@pytest.mark.parametrize(
    "change",
    [
        lambda talks: talks[:-1],
        lambda talks: [*talks[:-1], conversation("c19", "u: question c 19", "a: another answer")],
        lambda talks: [*talks[:-1], conversation("c19", "u: question c 19", "a: answer c 19", source="consent")],
    ],
    ids=["one less", "other words", "other basis"],
)
def test_the_hash_depends_on_what_is_learned_and_why(tmp_path: Path, change: Callable[..., list[Conversation]]) -> None:
    sources = {**SOURCES, "consent": replace(SOURCES["log"], id="consent", basis="consent")}
    one = save(tmp_path, distinct(20))
    assert save(tmp_path, curated(change(distinct(20)), sources=sources)).hash != one.hash


def test_the_hash_depends_on_the_settings_and_the_split(tmp_path: Path) -> None:
    made = curated(distinct(20))
    other = curated(distinct(20), Limits(same_reply_at_most=4))
    split = save_dataset(made, style="harbor", data_dir=tmp_path, now=DAY, split=Split(share=0.5))
    assert len({save(tmp_path, made).hash, save(tmp_path, other).hash, split.hash}) == 3


def test_versions_know_their_parents_and_latest_is_the_newest_curation(tmp_path: Path) -> None:
    first = save(tmp_path, distinct(20))
    second = save(tmp_path, distinct(21), now=DAY + timedelta(days=1))
    assert second.manifest.parent == first.hash
    assert [version.hash for version in list_datasets(tmp_path, "harbor")] == [first.hash, second.hash]
    assert load_dataset(tmp_path, "harbor") == second
    again = save(tmp_path, distinct(20), now=DAY + timedelta(days=2))
    assert again == first
    assert load_dataset(tmp_path, "harbor") == first


def test_a_version_is_found_by_the_beginning_of_its_hash(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    assert load_dataset(tmp_path, "harbor", version.hash[:6]) == version


@pytest.mark.parametrize("wanted", ["latest", "ffff", "", "../../etc"])
def test_a_version_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(NotFound, match="brandvoice curate harbor"):
        load_dataset(tmp_path, "harbor", wanted)
    version = save(tmp_path, distinct(20))
    if wanted != "latest":
        with pytest.raises(NotFound, match=version.hash):
            load_dataset(tmp_path, "harbor", wanted)


def test_what_is_not_the_name_of_a_style_never_becomes_a_path(tmp_path: Path) -> None:
    for style in ("../x", "Harbor", "", "a/b"):
        with pytest.raises(NotFound, match="not the name of a style"):
            load_dataset(tmp_path, style)


def test_a_style_without_datasets_has_none(tmp_path: Path) -> None:
    assert list_datasets(tmp_path, "harbor") == []


def test_the_difference_names_what_came_went_and_changed(tmp_path: Path) -> None:
    before = save(tmp_path, distinct(40))
    after = save(
        tmp_path,
        [
            *(talk for talk in distinct(40) if talk.id not in {"c0", "c1"}),
            conversation("c1", "u: question c 1", "a: a better answer"),
            conversation("new", "u: n", "a: something new", source="later"),
        ],
    )
    assert diff_datasets(before, after) == DatasetDiff(added=("new",), removed=("c0",), changed=("c1",), moved=())


def test_the_difference_names_what_is_on_the_other_side(tmp_path: Path) -> None:
    before = save(tmp_path, distinct(40))
    (tmp_path / "datasets" / "harbor" / "sides.json").unlink()
    after = save_dataset(
        curated(distinct(40)), style="harbor", data_dir=tmp_path / "other", now=DAY, split=Split(share=0.5)
    )
    moved = {e.id for e in after.examples("holdout")} - {e.id for e in before.examples("holdout")}
    assert set(diff_datasets(before, after).moved) == moved
    assert len(moved) > 5


def held(version: DatasetVersion) -> set[str]:
    return {example.id for example in version.examples("holdout")}


def test_what_is_held_out_stays_so_and_what_would_leak_is_left_out(tmp_path: Path) -> None:
    before = save(tmp_path, distinct(40))
    one, other = min(held(before)), min({e.id for e in before.examples("train")})
    tying = conversation("new", "u: n", f"a: Answer c {one[1:]}!", "u: m", f"a: answer c {other[1:]}", source="later")
    after = save(tmp_path, [*distinct(40), tying])
    assert held(after) == held(before)
    assert "new" not in {e.id for e in rows(after)}
    (line,) = (json.loads(line) for line in (after.path / "dropped.jsonl").read_text(encoding="utf-8").splitlines())
    assert (line["id"], line["step"], line["reason"]) == ("new", "holdout", "leak")
    assert line["sentence"] == f"It repeats {one}, which is held out to measure with."
    assert after.manifest.steps[-1]["dropped"] == 1


def test_what_is_held_out_stays_so_when_an_older_one_that_decided_it_goes(tmp_path: Path) -> None:
    followers = [conversation(f"f{i}", f"u: again {i}", f"a: answer c {i}", source="later") for i in range(40)]
    before = save(tmp_path, [*distinct(40), *followers])
    after = save(tmp_path, followers)
    assert held(after) == held(before) & {talk.id for talk in followers}
    assert save(tmp_path / "elsewhere", followers).hash != after.hash, "or else this shows nothing"


def test_sides_outlive_the_versions_that_they_come_from(tmp_path: Path) -> None:
    followers = [conversation(f"f{i}", f"u: again {i}", f"a: answer c {i}", source="later") for i in range(40)]
    before = save(tmp_path, [*distinct(40), *followers])
    kept = held(before) & {talk.id for talk in followers}
    before.erase(now=DAY)
    assert held(save(tmp_path, followers)) == kept
    told = json.loads((tmp_path / "datasets" / "harbor" / "sides.json").read_text(encoding="utf-8"))
    assert not {talk.id for talk in followers} & {*told["train"], *told["holdout"]}


def test_without_the_file_of_sides_those_of_the_versions_that_are_left_hold(tmp_path: Path) -> None:
    followers = [conversation(f"f{i}", f"u: again {i}", f"a: answer c {i}", source="later") for i in range(40)]
    before = save(tmp_path, [*distinct(40), *followers])
    (tmp_path / "datasets" / "harbor" / "sides.json").unlink()
    assert held(save(tmp_path, followers)) == held(before) & {talk.id for talk in followers}


def test_when_all_that_was_held_out_is_gone_some_of_the_rest_is_held_out(tmp_path: Path) -> None:
    before = save(tmp_path, distinct(40))
    left = [talk for talk in distinct(40) if talk.id not in held(before)]
    assert len(held(save(tmp_path, left))) >= 5


def test_where_all_that_is_left_was_held_out_nothing_is_trained_on_it(tmp_path: Path) -> None:
    sides = tmp_path / "datasets" / "harbor" / "sides.json"
    sides.parent.mkdir(parents=True)
    held_out = sorted(digest_of_id(talk.id) for talk in distinct(20))
    sides.write_text(json.dumps({"train": [], "holdout": held_out}), encoding="utf-8")
    with pytest.raises(CurationRefused, match=r"Nothing is left to train on: of 20 examples 20 are held out"):
        save(tmp_path, distinct(20))
    assert list_datasets(tmp_path, "harbor") == []


@pytest.mark.parametrize("content", ["", "[]", '{"train": 1, "holdout": []}', '{"train": []}'])
def test_a_broken_file_of_sides_is_refused_with_what_it_is_for(tmp_path: Path, content: str) -> None:
    save(tmp_path, distinct(20))
    (tmp_path / "datasets" / "harbor" / "sides.json").write_text(content, encoding="utf-8")
    with pytest.raises(CurationRefused, match=r"it tells what was held out so far"):
        save(tmp_path, distinct(21))


def test_the_same_rows_with_other_drops_are_the_same_version_with_the_newest_reasons(tmp_path: Path) -> None:
    first = save(tmp_path, distinct(20))
    second = save(
        tmp_path, [*distinct(20), conversation("x", "u: psst", "a: hm", source="closed")], now=DAY + timedelta(days=1)
    )
    assert second.hash == first.hash
    assert second.manifest.dropped == {"not-allowed": 1}
    assert (second.manifest.created_at, second.manifest.parent) == (first.manifest.created_at, None)
    assert '"id":"x"' in (second.path / "dropped.jsonl").read_text(encoding="utf-8")
    second.verify()
    assert rows(second) == rows(first)


def test_a_row_knows_the_steps_that_changed_it(tmp_path: Path) -> None:
    found = {example.id: example.changed_by for example in rows(save(tmp_path, TALKS))}
    assert found["mail"] == ("privacy",)
    assert found["c0"] == ()


def test_an_altered_or_missing_file_is_refused(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    path = version.path / "train.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(CurationRefused, match=r"train.parquet was altered. Make it again: brandvoice curate harbor"):
        version.examples("train")
    path.unlink()
    with pytest.raises(CurationRefused, match=r"train.parquet is missing"):
        version.examples("train")
    assert version.examples("holdout")
    assert version.is_damaged


def test_an_altered_card_is_refused_and_that_of_an_erased_version_is_still_there(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    assert not version.is_damaged
    version.erase(now=DAY)
    assert version.card().startswith("---\n")
    assert not version.is_damaged
    (version.path / "README.md").write_text("Trust me.", encoding="utf-8")
    with pytest.raises(CurationRefused, match=r"README.md was altered"):
        version.card()


def test_a_damaged_version_is_written_again(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    (version.path / "train.parquet").write_bytes(b"")
    assert rows(save(tmp_path, distinct(20))) == sorted(curated(distinct(20)).examples, key=lambda e: e.id)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"hash": 1}', "null"])
def test_a_broken_manifest_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    version = save(tmp_path, distinct(20))
    (version.path / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(CurationRefused, match=r"Delete .* and make it again"):
        load_dataset(tmp_path, "harbor")
    assert save(tmp_path, distinct(20)).hash == version.hash


def test_a_version_of_another_style_in_the_folder_is_refused(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    target = tmp_path / "datasets" / "volt" / version.hash
    target.parent.mkdir()
    version.path.rename(target)
    with pytest.raises(CurationRefused, match=r"belong there"):
        load_dataset(tmp_path, "volt")


KILLED = """
import os, sys
from pathlib import Path
from styles import dataset
from tests.styles.material import DAY, curated, distinct

write = getattr(dataset, sys.argv[2])
def dies(path, *rest):
    if sys.argv[3] in str(path):
        os.kill(os.getpid(), 9)
    return write(path, *rest)
setattr(dataset, sys.argv[2], dies)
dataset.save_dataset(curated(distinct(20)), style="harbor", data_dir=Path(sys.argv[1]), now=DAY)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "where"),
    [
        ("write_rows", "train.parquet"),
        ("write_rows", "holdout.parquet"),
        ("write_file", "dataset.json"),
        ("sync", "README.md"),
    ],
)
def test_a_killed_save_leaves_nothing_that_counts_and_the_next_one_cleans_up(
    tmp_path: Path, function: str, where: str
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), function, where], check=False)
    assert killed.returncode == -9
    root = tmp_path / "datasets" / "harbor"
    assert [path.name for path in root.iterdir() if path.name.startswith(".writing-")]
    assert list_datasets(tmp_path, "harbor") == []
    version = save(tmp_path, distinct(20))
    assert rows(version)
    assert {path.name for path in root.iterdir()} == {version.hash, "latest", "sides.json", ".lock"}


RENEWED = """
import os, sys
from pathlib import Path
from datetime import timedelta
from styles import dataset
from tests.styles.material import DAY, conversation, curated, distinct

replace = Path.replace
def dies(path, target):
    if path.name == sys.argv[2] and Path(target).parent != path.parent:
        os.kill(os.getpid(), 9)
    return replace(path, target)
Path.replace = dies
more = conversation("x", "u: psst", "a: hm", source="closed")
later = DAY + timedelta(days=1)
dataset.save_dataset(curated([*distinct(20), more]), style="harbor", data_dir=Path(sys.argv[1]), now=later)
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["dropped.jsonl", "coverage.svg", "README.md", "dataset.json"])
def test_a_version_outlives_a_kill_while_its_notes_are_renewed(tmp_path: Path, where: str) -> None:
    before = save(tmp_path, distinct(20))
    killed = subprocess.run([sys.executable, "-c", RENEWED, str(tmp_path), where], check=False)
    assert killed.returncode == -9
    finish_saves(tmp_path)
    after = load_dataset(tmp_path, "harbor", before.hash)
    after.verify()
    assert after.manifest.dropped == {"not-allowed": 1}
    assert rows(after) == rows(before)
    assert not list(tmp_path.glob("datasets/harbor/.writing-*"))


@pytest.mark.slow
def test_the_notes_of_a_version_that_was_erased_meanwhile_go(tmp_path: Path) -> None:
    version = save(tmp_path, distinct(20))
    subprocess.run([sys.executable, "-c", RENEWED, str(tmp_path), "README.md"], check=False)
    version.erase(now=DAY)
    finish_saves(tmp_path)
    assert {path.name for path in version.path.iterdir()} == {"README.md", "dataset.json", "erased"}
    assert not list(tmp_path.glob("datasets/harbor/.writing-*"))


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, examples: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset_module, "write_rows", full)
    with pytest.raises(CurationRefused, match=r"cannot be written to .*: No space left on device"):
        save(tmp_path, distinct(20))
    assert list_datasets(tmp_path, "harbor") == []


def test_importing_the_module_loads_no_heavy_library() -> None:
    heavy = "torch pyarrow datasets pandas numpy phonenumbers stdnum detect_secrets"
    program = f"import sys, styles.dataset; print(sorted(set({heavy!r}.split()) & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_without_a_note_of_the_newest_curation_latest_is_the_newest_version(tmp_path: Path) -> None:
    save(tmp_path, distinct(20))
    second = save(tmp_path, distinct(21), now=DAY + timedelta(days=1))
    (tmp_path / "datasets" / "harbor" / "latest").unlink()
    assert load_dataset(tmp_path, "harbor") == second


def test_the_card_tells_who_speaks_what_was_screened_and_who_was_forgotten(tmp_path: Path) -> None:
    version = save(tmp_path, TALKS)
    card = (version.path / "README.md").read_text(encoding="utf-8")
    assert "Nobody knows: what came in names no speakers" in card
    assert "| instructions | 29 | 0 |" in card
    assert "Nobody had asked to be forgotten" in card
    speakers = {f"person-{n}": 20 - n for n in range(12)} | {"": 1}
    steps = [{"step": "instructions", "in": 9, "changed": 0, "dropped": 0, "quarantined": 2, "kept": 7, "reasons": ""}]
    told = dataset_card(replace(version.manifest, speakers=speakers, steps=steps, erasures=2))
    assert "| person-0 | 20 | 11% |" in told
    assert "| 3 others | 20 | 11% |" in told
    assert "| instructions | 9 | 2 |" in told
    assert "Switched off: own words, hidden text, floods" in told
    assert "2 erasures were carried out" in told


def test_the_screen_of_the_card_is_made_of_steps_that_there_are() -> None:
    assert set(SCREEN) <= {step.name for step in builtin_steps(Limits())}


def test_the_hub_reads_the_header_of_the_card(tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard

    version = save(tmp_path, TALKS)
    told = DatasetCard.load(version.path / "README.md").data.to_dict()
    assert told["configs"][0]["data_files"] == [
        {"split": part, "path": f"{part}.parquet"} for part in ("train", "holdout")
    ]
    assert (told["license"], told["language"], told["tags"]) == ("other", ["en"], ["brandvoice"])
    assert told["pretty_name"] == f"harbor {version.hash}"
    assert told["size_categories"] == ["n<1K"]


def test_the_newest_count_of_erasures_is_told(tmp_path: Path) -> None:
    made = curated(TALKS)
    first = save(tmp_path, made)
    second = save_dataset(made, style="harbor", data_dir=tmp_path, now=DAY, erasures=1)
    assert (second.hash, second.manifest.erasures) == (first.hash, 1)
    assert "1 erasure was carried out" in (second.path / "README.md").read_text(encoding="utf-8")
    second.verify()


def test_rows_that_an_earlier_brandvoice_wrote_are_read(tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    examples = sorted(curated(TALKS).examples, key=lambda example: example.id)
    write_rows(path, examples)
    parquet.write_table(parquet.read_table(path).drop_columns(["changed_by"]), path)
    assert read_rows(path) == examples
    assert read_rows(path)[0].changed_by == ()
