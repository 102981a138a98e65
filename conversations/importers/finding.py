"""The importer that reads a file, found by what the file holds; and everything that a path leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from conversations.errors import ImportRefused
from conversations.importers.archive import is_zip, open_files
from conversations.importers.drafts import keys
from conversations.importers.importer import Importer, Limits, Outcome, Refused, Request
from conversations.importers.records import Record, expect_text, read_head

AUTO = "auto"
TABLE = "csv"

_PACKED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7-Zip"}


def find_importer(
    path: Path,
    importers: Sequence[Importer],
    *,
    format: str = AUTO,  # noqa: A002
    columns: Sequence[str] = (),
) -> Importer:
    """The first importer that recognises the path, or the one of the given format.

    A text that is said to be a table, or to have columns, is taken for one where nothing else fits: what is wrong with
    it is for the table's importer to say. Raises `ImportRefused` where none does, and where there is no such format or
    the file is none of it.
    """
    if not path.exists():
        raise ImportRefused(f"{path} does not exist. Check the name.")
    if not (path.is_file() or path.is_dir()):
        raise ImportRefused(f"{path} is no file. Name a file or a folder.")
    _expect_format(format, importers)
    fitting = [importer for importer in importers if format in (AUTO, importer.name)]
    for importer in fitting:
        if importer.recognises(path):
            return importer
    tables = [importer for importer in fitting if importer.name == TABLE]
    if tables and (columns or format == TABLE) and _may_be_table(path):
        return tables[0]
    raise ImportRefused(f"{path} {_diagnosis(path)} {_expected(fitting)}")


def read_path(request: Request, importers: Sequence[Importer], *, format: str = AUTO) -> Iterator[Outcome]:  # noqa: A002
    """Everything in a file, or in a folder of files; an unpacked export is one import.

    In a folder, a file that cannot be read at all is one refusal, and the others go in. Raises `ImportRefused` where
    a single file, or the folder itself, cannot be read.
    """
    path = request.path
    if not path.is_dir() or any(one.recognises(path) for one in importers if format in (AUTO, one.name)):
        yield from _read(request, find_importer(path, importers, format=format, columns=request.columns))
        return
    _expect_format(format, importers)
    fitting = [importer for importer in importers if format in (AUTO, importer.name)]
    files = list(_parts(path, fitting))
    if not files:
        raise ImportRefused(f"{path} is a folder without files. Name another one.")
    for file in files:
        label = f"{request.shown}/{file.relative_to(path).as_posix()}"
        try:
            importer = next((one for one in fitting if one.recognises(file)), None)
            if importer:
                yield from _read(replace(request, path=file, label=label), importer)
            else:
                yield Refused(label, _diagnosis(file).removesuffix("."))
        except ImportRefused as refused:
            yield Refused(label, str(refused).removeprefix(str(file)).removeprefix(":").strip().removesuffix("."))


def _may_be_table(path: Path) -> bool:
    """Whether it is a text; JSON is none that a table could begin with."""
    if not path.is_file() or is_zip(path) or any(isinstance(entry, Record) for entry in read_head(path)):
        return False
    expect_text(path)
    return True


def _expect_format(name: str, importers: Sequence[Importer]) -> None:
    if name != AUTO and name not in {importer.name for importer in importers}:
        known = ", ".join([AUTO, *(importer.name for importer in importers)])
        raise ImportRefused(f"There is no format {name!r}. There are: {known}.")


def _read(request: Request, importer: Importer) -> Iterator[Outcome]:
    yield from importer.read(request.of_format(importer.name))


def _parts(folder: Path, importers: Sequence[Importer]) -> Iterator[Path]:
    """What is read by itself in a folder: files, and folders that are an export as a whole."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_file() or (path.is_dir() and any(one.recognises(path) for one in importers)):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _parts(path, importers)


def _diagnosis(path: Path) -> str:
    """What a file is that no importer reads. Raises `ImportRefused` where that alone says what to do."""
    if path.is_dir():
        return "is a folder and no export."
    if is_zip(path):
        with open_files(path, shown=path.name, limits=Limits()) as files:
            if files.faults and not files.names:
                return f"holds nothing that may be read: {files.faults[0].place} {files.faults[0].reason}."
            return f"is a zip archive with {len(files.names)} files, and no export that is known here."
    expect_text(path)
    with path.open("rb") as stream:
        start = stream.read(8)
    packed = next((name for mark, name in _PACKED.items() if start.startswith(mark)), None)
    if packed:
        return f"is packed with {packed}. Unpack it, and import what it holds."
    return _shape(path)


def _shape(path: Path) -> str:
    head = read_head(path)
    record = next((entry for entry in head if isinstance(entry, Record)), None)
    if record:
        return f"holds JSON of another shape: {record.place} has {keys(record.value)}."
    refused = next((entry for entry in head if isinstance(entry, Refused)), None)
    if refused:
        return f"holds no JSON objects, one per line or in one list: {refused.place} {refused.reason}."
    return "holds an empty list."


def _expected(importers: Sequence[Importer]) -> str:
    if len(importers) == 1:
        return f"Expected was {importers[0].name}: {importers[0].shape}."
    return "\n".join(["What can be read:", *(f"  {importer.name}: {importer.shape}" for importer in importers)])
