"""Uploaded files: their bytes in a folder, and what is known of them in the database."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Row, delete, insert, select

from conversations.database import Database
from conversations.errors import NotFound, StoreError
from conversations.http_tables import api_files
from conversations.tables import storable

BLOCK: Final = 2**20


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file as it was uploaded."""

    id: str
    filename: str
    purpose: str
    bytes: int
    digest: str
    owner: str
    made_at: datetime


class FileStore:
    """Files as `ROOT/ID`; a row in the database makes one exist. Calls block."""

    def __init__(
        self, database: Database, root: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self.root = root
        self._now = now

    def save(self, source: IO[bytes], *, filename: str, purpose: str, owner: str) -> UploadedFile:
        """Keep what can be read from the source; the file is there once all of it is on the disk."""
        file_id = f"file-{secrets.token_hex(12)}"
        with self._disk_errors():
            self.root.mkdir(parents=True, exist_ok=True)
            digest, size = self._write(source, self.root / file_id)
        file = UploadedFile(file_id, storable(filename), purpose, size, digest, owner, self._now())
        with self._database.writing() as connection:
            connection.execute(insert(api_files).values(**{c.name: getattr(file, c.name) for c in api_files.columns}))
        return file

    def all(self) -> list[UploadedFile]:
        """Every file, newest first."""
        wanted = select(api_files).order_by(api_files.c.made_at.desc(), api_files.c.id.desc())
        with self._database.reading() as connection:
            return [_file(row) for row in connection.execute(wanted)]

    def get(self, file_id: str) -> UploadedFile:
        with self._database.reading() as connection:
            row = connection.execute(select(api_files).where(api_files.c.id == storable(file_id))).first()
        if row is None:
            raise NotFound(f"There is no file {file_id!r}.")
        return _file(row)

    def path(self, file: UploadedFile) -> Path:
        """Where the bytes are. Raises StoreError when somebody removed them."""
        path = self.root / file.id
        if not path.is_file():
            raise StoreError(f"The content of {file.id} is not in {self.root} any more. Upload it again.")
        return path

    def delete(self, file_id: str) -> UploadedFile:
        """Remove a file. What was imported from it stays until its source is withdrawn."""
        file = self.get(file_id)
        with self._database.writing() as connection:
            connection.execute(delete(api_files).where(api_files.c.id == file.id))
        (self.root / file.id).unlink(missing_ok=True)
        return file

    def _write(self, source: IO[bytes], path: Path) -> tuple[str, int]:
        """The digest and the size of what was written."""
        part, whole, size = path.with_name(f".{path.name}.part"), hashlib.sha256(), 0
        try:
            with part.open("wb") as opened:
                while block := source.read(BLOCK):
                    opened.write(block)
                    whole.update(block)
                    size += len(block)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return whole.hexdigest(), size

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"The upload cannot be kept in {self.root} ({error.strerror}). Make room there."
            ) from error


def _file(row: Row[Any]) -> UploadedFile:
    return UploadedFile(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public name)
