"""The files of a folder or a zip archive, read in place: nothing is unpacked, and nothing outside is reached."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from conversations.errors import ImportRefused
from conversations.importers.importer import Limits, Refused
from conversations.importers.records import printable

# What the standard library raises for files of an archive that are broken, or packed in a way it does not know.
READ_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
)
_OPEN_FAULTS = (*READ_FAULTS, ValueError)  # ValueError: names and offsets that make no sense

_LOGS = (".json", ".jsonl", ".ndjson", ".txt", ".csv", ".tsv", ".xlsx", ".xlsm", ".zip")
_LOCKED = 0x1
_UTF8_NAME = 0x800


class Files(Protocol):
    """Files by their name inside, with `/` between folders; `faults` are those that are left alone."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def faults(self) -> tuple[Refused, ...]: ...

    def open(self, name: str) -> IO[bytes]:
        """Raises one of `READ_FAULTS`, here or while reading."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files below a folder."""

    root: Path
    names: tuple[str, ...]
    faults: tuple[Refused, ...]

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name if name else self.root).open("rb")


@dataclass(frozen=True, slots=True)
class ZipFiles:
    """The files of a zip archive that may be read."""

    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]
    faults: tuple[Refused, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.members)

    def open(self, name: str) -> IO[bytes]:
        try:
            return self.archive.open(self.members[name])
        except UnicodeDecodeError as error:
            raise zipfile.BadZipFile("the name in its header is not UTF-8") from error


@contextmanager
def open_files(path: Path, *, shown: str, limits: Limits) -> Iterator[Files]:
    """The files of a folder or a zip archive; any other file is the only one, named "".

    Raises `ImportRefused` where the archive is broken, locked or a bomb.
    """
    if path.is_dir():
        yield _folder(path, shown=shown)
        return
    if not is_zip(path):
        yield FolderFiles(path, ("",), ())
        return
    with _open_zip(path) as archive:
        _expect_no_bomb(archive, path, limits=limits)
        yield _members(archive, shown=shown)


def place_of(name: str, *, shown: str) -> str:
    """How people are told of a file inside."""
    return f"{shown}/{printable(name)}" if name else shown


def may_be_log(name: str) -> bool:
    """Whether a file is named as logs are; an export that would swallow others of these is read file by file."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and path.suffix.casefold() in _LOGS


def is_zip(path: Path) -> bool:
    """Whether a file begins like a zip archive, whole or broken."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def _folder(root: Path, *, shown: str) -> FolderFiles:
    names, faults = [], []
    for folder, folders, files in os.walk(root):
        folders.sort()
        for file in sorted((*files, *(name for name in folders if (Path(folder) / name).is_symlink()))):
            path = Path(folder) / file
            name = path.relative_to(root).as_posix()
            if path.is_symlink():
                faults.append(Refused(f"{shown}/{printable(name)}", "is a link, and links are not followed"))
            elif path.is_file():
                names.append(name)
    return FolderFiles(root, tuple(names), tuple(faults))


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _OPEN_FAULTS as fault:
        raise ImportRefused(
            f"{path} is no whole zip archive ({fault}). Export it again, or copy it again if it came over a network."
        ) from fault


def _expect_no_bomb(archive: zipfile.ZipFile, path: Path, *, limits: Limits) -> None:
    members = archive.infolist()
    if any(member.flag_bits & _LOCKED for member in members):
        raise ImportRefused(f"{path} is locked with a password. Unpack it, and import the folder.")
    unpacked = sum(member.file_size for member in members)
    ratio = unpacked / max(1, path.stat().st_size)
    bomb = ratio > limits.archive_ratio and unpacked > limits.archive_ratio_from
    if bomb or unpacked > limits.archive_bytes:
        raise ImportRefused(
            f"{path} would unpack to {unpacked / 2**30:.1f} GiB, {ratio:.0f} times its size. "
            "If it is no trap, unpack it, and import the folder."
        )


def _members(archive: zipfile.ZipFile, *, shown: str) -> ZipFiles:
    members: dict[str, zipfile.ZipInfo] = {}
    faults = []
    for member in archive.infolist():
        name = _name(member)
        if name.endswith("/"):
            continue
        if fault := _member_fault(member, name, taken=name in members):
            faults.append(Refused(f"{shown}/{printable(name)}", fault))
        else:
            members[name] = member
    return ZipFiles(archive, members, tuple(faults))


def _name(member: zipfile.ZipInfo) -> str:
    """The name of a member; many programs write UTF-8 without saying so."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        return member.filename.encode("cp437").decode()
    except UnicodeError:
        return member.filename


def _member_fault(member: zipfile.ZipInfo, name: str, *, taken: bool) -> str:
    """Why a member is left alone, or nothing."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts:
        return "has no name"
    if parts[0] == "/" or ".." in parts or ":" in parts[0]:
        return (
            "has a name that leads out of the archive, as archives do that mean harm, and was not read. "
            "If it belongs to the export, unpack the archive with a program that you trust, and import the folder"
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link, and links are not followed"
    if taken:
        return "has the name of an earlier file in the archive, and only that one was read"
    if parts[-1].casefold().endswith((".zip", ".tar", ".gz", ".tgz", ".7z")):
        return "is an archive inside the archive, which is not opened; unpack it and import what it holds"
    return ""
