"""Dataset versions: what a style may learn, frozen under the hash of its content."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import orjson
from filelock import FileLock, Timeout

from conversations.errors import CurationRefused, NotFound
from styles.coverage_picture import picture
from styles.curation import Curated
from styles.dataset_card import dataset_card
from styles.dataset_manifest import SCHEMA, Manifest, manifest_of
from styles.disk import file_digest, lines_digest, sync, write_file
from styles.examples import Example, digest_of
from styles.holdout import SIDES, load_sides, separate, told_sides
from styles.holdout import digest as digest_of_id
from styles.preference_rows import PAIRS, VOTES, read_preferences, write_preferences
from styles.preferences import Preference, Preferences
from styles.rows import read_ids, read_rows, write_rows
from styles.split import Part, Split
from styles.style import STYLE_NAME
from styles.topics import coverage

MANIFEST = "dataset.json"
DROPPED = "dropped.jsonl"
ERASED = "erased"
CARD = "README.md"
PICTURE = "coverage.svg"
PARTS: tuple[Part, ...] = get_args(Part)
_TEMPORARY = ".writing-"
_LATEST = "latest"  # the hash that the newest curation led to, which may be an old one again


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One frozen dataset of a style: its folder and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def hash(self) -> str:
        return self.manifest.hash

    @property
    def reference(self) -> str:
        return f"{self.manifest.style}/{self.manifest.hash}"

    @property
    def train_count(self) -> int:
        return self.manifest.train["examples"]

    @property
    def holdout_count(self) -> int:
        return self.manifest.holdout["examples"]

    def examples(self, part: Part) -> list[Example]:
        """The rows of one part, by id. Raises `CurationRefused` if the file is not the one that was written."""
        return read_rows(self._checked(f"{part}.parquet"))

    def row_ids(self, part: Part) -> list[str]:
        """The ids of the rows of one part, without reading their text."""
        return read_ids(self._checked(f"{part}.parquet"))

    def dropped(self) -> Iterator[dict[str, Any]]:
        """What was left out, in the order of the steps: each with its step, reason, sentence and evidence."""
        with self._checked(DROPPED).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    def pairs(self, part: Part) -> list[Preference]:
        """The pairs of a wanted and an unwanted reply on one side of the split, by id."""
        return self._preferences(PAIRS, part)

    def votes(self, part: Part) -> list[Preference]:
        """The replies that people voted on, on one side of the split, by id."""
        return self._preferences(VOTES, part)

    def _preferences(self, name: str, part: Part) -> list[Preference]:
        if name not in self.manifest.files:
            return []
        return [row for row in read_preferences(self._checked(name)) if row.part == part]

    def seen(self) -> frozenset[str]:
        """Every conversation that it was made from, also those of which nothing was kept, and those voted in."""
        kept = {example.conversation_id for part in PARTS for example in self.examples(part)}
        for row in (row for part in PARTS for row in (*self.pairs(part), *self.votes(part))):
            kept |= {row.conversation_id, row.example_id or row.conversation_id}
        return frozenset(kept | {dropped["conversation_id"] for dropped in self.dropped()})

    def card(self) -> str:
        """The card, which an erased version still has."""
        return self._unaltered(CARD).read_text(encoding="utf-8")

    @property
    def is_damaged(self) -> bool:
        """Whether a file is missing or altered, other than by an erasure."""
        if self.is_erased:
            return False
        try:
            self.verify()
        except CurationRefused:
            return True
        return False

    @property
    def is_erased(self) -> bool:
        """Whether its rows were deleted because somebody in them asked to be forgotten; the manifest stays."""
        return (self.path / ERASED).is_file()

    def erase(self, *, now: datetime) -> None:
        """Delete the rows and keep the manifest: what was trained on it stays traceable, nobody can read it again."""
        write_file(self.path / ERASED, now.isoformat() + "\n")
        for name in self.manifest.files:
            if name != CARD:
                (self.path / name).unlink(missing_ok=True)

    def verify(self) -> None:
        """Refuse a version of which a file is missing or altered."""
        for name in self.manifest.files:
            self._checked(name)

    def _checked(self, name: str) -> Path:
        if self.is_erased:
            again = f"Make it again: brandvoice curate {self.manifest.style}"
            raise CurationRefused(f"The rows of dataset {self.reference} were erased on somebody's request. {again}")
        return self._unaltered(name)

    def _unaltered(self, name: str) -> Path:
        path = self.path / name
        again = f"Make it again: brandvoice curate {self.manifest.style}"
        if not path.is_file():
            raise CurationRefused(f"Dataset {self.reference} is damaged: {name} is missing from {self.path}. {again}")
        if file_digest(path) != self.manifest.files[name]:
            raise CurationRefused(f"Dataset {self.reference} is damaged: {name} was altered. {again}")
        return path


def save_dataset(
    curated: Curated,
    *,
    style: str,
    data_dir: Path,
    now: datetime,
    split: Split | None = None,
    preferences: Callable[[Mapping[str, Part]], Preferences] | None = None,
    erasures: int = 0,
) -> DatasetVersion:
    """Freeze what a curation led to; the same content again is the version that is there already.

    The hash covers the examples, their basis, their side and the settings; not when, where or from which file they
    were imported. Conversations stay on the side of the split on which earlier versions had them. `preferences` makes
    the pairs and votes that go with it, given the side of each conversation; `erasures` counts the people who were
    erased by now. A killed save leaves nothing that counts. Raises `CurationRefused`.
    """
    root = _style_root(data_dir, style)
    chosen = split or Split()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _alone(root):
            _clean(root)
            known = _known_sides(root)
            curated, sides = separate(curated, chosen, known)
            stated = preferences(sides) if preferences else Preferences()
            digest = _content_hash(curated, chosen, sides, stated)
            parts = _parts(curated, sides)
            manifest = manifest_of(
                curated,
                chosen,
                parts,
                stated=stated,
                style=style,
                digest=digest,
                now=now,
                parent=_latest(root, but=digest),
                erasures=erasures,
            )
            write_file(root / SIDES, told_sides(known, sides))
            _write(root / digest, manifest, _Content(curated, parts, stated))
            write_file(root / _LATEST, digest + "\n")
    except OSError as error:
        raise CurationRefused(f"The dataset cannot be written to {root}: {error.strerror or error}.") from error
    return _load(root / digest, style)


def finish_saves(data_dir: Path) -> None:
    """Finish or remove what killed saves left in any style. Raises `CurationRefused` while another process saves."""
    for left in sorted({path.parent for path in data_dir.glob(f"datasets/*/{_TEMPORARY}*")}):
        with _alone(left):
            _clean(left)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    try:
        with FileLock(root / ".lock", timeout=60):
            yield
    except Timeout as error:
        raise CurationRefused(
            f"Another process has been writing datasets of {root.name} for a minute. Try again."
        ) from error


def load_dataset(data_dir: Path, style: str, version: str = "latest") -> DatasetVersion:
    """The version with the hash, or with the only hash that begins so, or the one of the newest curation."""
    root = _style_root(data_dir, style)
    known = [path.parent.name for path in root.glob(f"*/{MANIFEST}")]
    wanted = _latest(root) or "" if version == _LATEST else version
    found = [name for name in known if wanted and name.startswith(wanted)]
    if len(found) != 1:
        names = ", ".join(sorted(known)) or f"none yet. Make one: brandvoice curate {style}"
        what = "more than one dataset" if found else "no dataset"
        raise NotFound(f'There is {what} "{version}" of the style {style}. There are: {names}')
    return _load(root / found[0], style)


def list_datasets(data_dir: Path, style: str) -> list[DatasetVersion]:
    """Every version of a style, oldest first."""
    root = _style_root(data_dir, style)
    versions = [_load(path.parent, style) for path in root.glob(f"*/{MANIFEST}")]
    return sorted(versions, key=lambda version: (version.manifest.created_at, version.hash))


def _content_hash(curated: Curated, split: Split, sides: Mapping[str, Part], stated: Preferences) -> str:
    rows = sorted([example.digest, sides[example.conversation_id]] for example in curated.examples)
    said = {"preferences": stated.digest()} if stated.rows else {}
    return digest_of({"schema": SCHEMA, "rows": rows, "settings": curated.settings, "split": asdict(split), **said})


@dataclass(frozen=True, slots=True)
class _Content:
    """What goes into the files of a version."""

    curated: Curated
    parts: Mapping[Part, Sequence[Example]]
    stated: Preferences

    def dropped(self) -> Iterator[str]:
        for dropped in chain(self.curated.dropped, self.stated.dropped):
            yield orjson.dumps(dropped, option=orjson.OPT_APPEND_NEWLINE).decode()


def _parts(curated: Curated, sides: Mapping[str, Part]) -> dict[Part, list[Example]]:
    """The examples of each side by id, with the steps that changed them."""
    steps: dict[str, tuple[str, ...]] = {example.id: () for example in curated.examples}
    for step, names in curated.changed.items():
        for name in names:
            if name in steps:
                steps[name] = (*steps[name], step)
    told = sorted((replace(e, changed_by=steps[e.id]) for e in curated.examples), key=lambda example: example.id)
    return {part: [example for example in told if sides[example.conversation_id] == part] for part in PARTS}


def _write(folder: Path, manifest: Manifest, content: _Content) -> None:
    """Write into a temporary folder, the manifest last, and rename it into place.

    Where the same rows are there already, they stay as they are; only what was left out this time may be new.
    """
    known = _intact(folder, manifest.style)
    if known and (lines_digest(content.dropped()), *_told(manifest)) == (known.files[DROPPED], *_told(known)):
        return
    temporary = folder.with_name(f"{_TEMPORARY}{folder.name}")
    temporary.mkdir()
    if known:
        manifest = replace(manifest, created_at=known.created_at, parent=known.parent)
        rows = {name: digest for name, digest in known.files.items() if name.endswith(".parquet")}
    else:
        rows = _write_rows(temporary, content)
    _write_notes(temporary, replace(manifest, files=rows), content)
    if known:
        _renew(folder, temporary)
    else:
        if folder.exists():
            shutil.rmtree(folder)  # what is there is damaged, or is without a manifest
        temporary.rename(folder)
    sync(folder.parent)


def _renew(folder: Path, notes: Path) -> None:
    """Put newer notes in place, their manifest last: as long as it is there, this was not finished."""
    for name in (DROPPED, PICTURE, CARD, MANIFEST):
        if (notes / name).is_file():
            (notes / name).replace(folder / name)
    sync(folder)
    shutil.rmtree(notes)


def _told(manifest: Manifest) -> tuple[Any, ...]:
    """What a card tells that may be new although the rows are the same."""
    return manifest.steps, manifest.erasures, manifest.conversations


def _write_rows(folder: Path, content: _Content) -> dict[str, str]:
    for part, examples in content.parts.items():
        write_rows(folder / f"{part}.parquet", examples)
    write_preferences(folder, content.stated.rows)
    return _digests(folder)


def _write_notes(folder: Path, manifest: Manifest, content: _Content) -> None:
    with (folder / DROPPED).open("w", encoding="utf-8") as opened:
        opened.writelines(content.dropped())
    topics = coverage(content.curated.asked, [example.messages[0].content for example in content.curated.examples])
    (folder / PICTURE).write_text(picture(topics), encoding="utf-8")
    (folder / CARD).write_text(dataset_card(manifest, topics), encoding="utf-8")
    written = asdict(replace(manifest, files={**manifest.files, **_digests(folder)}))
    write_file(folder / MANIFEST, json.dumps(written, indent=2, ensure_ascii=False) + "\n")


def _digests(folder: Path) -> dict[str, str]:
    """The sha256 of each file, once it is on the disk."""
    names = sorted(path.name for path in folder.iterdir())
    for name in names:
        sync(folder / name)
    return {name: file_digest(folder / name) for name in names}


def _known_sides(root: Path) -> Mapping[str, Part]:
    """What `load_sides` knows; where an earlier brandvoice kept no such file, what the versions that are left tell."""
    if known := load_sides(root):
        return known
    told: dict[str, Part] = {}
    for version in list_datasets(root.parent.parent, root.name):
        if _intact(version.path, root.name):
            told |= {digest_of_id(e.conversation_id): part for part in PARTS for e in version.examples(part)}
    return told


def _clean(root: Path) -> None:
    """Finish or remove what a killed writer left; the lock is held, so nobody is writing there now."""
    for left in root.glob(f"{_TEMPORARY}*"):
        folder = root / left.name.removeprefix(_TEMPORARY)
        is_erased, has_rows = (folder / ERASED).is_file(), any(left.glob("*.parquet"))
        if (left / MANIFEST).is_file() and (folder / MANIFEST).is_file() and not is_erased and not has_rows:
            _renew(folder, left)
        else:
            shutil.rmtree(left)


def _intact(folder: Path, style: str) -> Manifest | None:
    """The manifest of a version of which every file is there as it was written."""
    try:
        version = _load(folder, style) if (folder / MANIFEST).is_file() else None
    except CurationRefused:
        return None
    return version.manifest if version and not version.is_erased and not version.is_damaged else None


def _load(folder: Path, style: str) -> DatasetVersion:
    path = folder / MANIFEST
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CurationRefused(
            f"{path} cannot be read as the manifest of a dataset ({error}). Delete {folder} and make it again: "
            f"brandvoice curate {style}"
        ) from error
    if (manifest.hash, manifest.style, manifest.schema) != (folder.name, style, SCHEMA):
        raise CurationRefused(
            f"{path} is the manifest of {manifest.style}/{manifest.hash} (schema {manifest.schema}), which does not "
            f"belong there. Delete {folder} and make it again: brandvoice curate {style}"
        )
    return DatasetVersion(folder, manifest)


def _latest(root: Path, *, but: str = "") -> str | None:
    """The hash of the newest curation; where nothing says so, of the newest version."""
    path = root / _LATEST
    name = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    if name and name != but and (root / name / MANIFEST).is_file():
        return name
    versions = [_load(p.parent, root.name) for p in root.glob(f"*/{MANIFEST}") if p.parent.name != but]
    return max(((v.manifest.created_at, v.hash) for v in versions), default=("", None))[1]


def _style_root(data_dir: Path, style: str) -> Path:
    if not STYLE_NAME.fullmatch(style):
        raise NotFound(f'"{style}" is not the name of a style: lower-case letters, digits and hyphens.')
    return data_dir / "datasets" / style
