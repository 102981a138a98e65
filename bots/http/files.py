"""Files: uploaded, listed, given back and deleted."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, UploadFile
from pydantic import BaseModel
from starlette.responses import FileResponse, Response

from bots.http.callers import CallerOf
from bots.http.desk import DeskOf
from bots.http.errors import Refused
from bots.http.lists import After, Limit, page
from conversations.uploads import UploadedFile

routes = APIRouter(tags=["files"])


class FileObject(BaseModel):
    """One uploaded file."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"
    status_details: None = None
    expires_at: None = None


class FileList(BaseModel):
    """A page of files."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    has_more: bool
    first_id: str | None
    last_id: str | None


class FileDeleted(BaseModel):
    """A file that is no more."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


@routes.post("/v1/files")
async def upload(file: UploadFile, purpose: Annotated[str, Form()], desk: DeskOf, caller: CallerOf) -> FileObject:
    """Upload training examples: JSONL with one conversation in each line, or any format that `import` reads."""
    if purpose != "fine-tune":
        raise Refused(400, "Only files with purpose fine-tune are taken.", code="invalid_value", param="purpose")
    if not file.size:
        raise Refused(400, "The file is empty.", code="invalid_value", param="file")
    name = (file.filename or "upload.jsonl").replace("\\", "/").rsplit("/", 1)[-1][:200] or "upload.jsonl"
    kept = await asyncio.to_thread(lambda: desk.files.save(file.file, filename=name, purpose=purpose, owner=caller.who))
    await desk.audit(caller.who, "file uploaded", kept.id, filename=kept.filename, digest=kept.digest)
    return _object(kept)


@routes.get("/v1/files")
async def list_files(
    desk: DeskOf,
    after: After = None,
    limit: Limit = 1000,
    order: Literal["asc", "desc"] = "desc",
    purpose: Annotated[str | None, Query(max_length=64)] = None,
) -> FileList:
    """The files, newest first."""
    found = [f for f in await asyncio.to_thread(desk.files.all) if purpose in (None, f.purpose)]
    shown, more = page(found if order == "desc" else found[::-1], lambda f: f.id, after=after, limit=limit)
    ends = (shown[0].id, shown[-1].id) if shown else (None, None)
    return FileList(data=[_object(f) for f in shown], has_more=more, first_id=ends[0], last_id=ends[1])


@routes.get("/v1/files/{file_id}")
async def show_file(file_id: str, desk: DeskOf) -> FileObject:
    """One file."""
    return _object(await asyncio.to_thread(desk.files.get, file_id))


@routes.get(
    "/v1/files/{file_id}/content",
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def file_content(file_id: str, desk: DeskOf) -> Response:
    """The bytes of a file, as they were uploaded."""
    file = await asyncio.to_thread(desk.files.get, file_id)
    path = await asyncio.to_thread(desk.files.path, file)
    return FileResponse(path, media_type="application/octet-stream", filename=file.filename)


@routes.delete("/v1/files/{file_id}")
async def delete_file(file_id: str, desk: DeskOf, caller: CallerOf) -> FileDeleted:
    """Delete a file. Conversations that a job took from it stay until their source is withdrawn."""
    deleted = await asyncio.to_thread(desk.files.delete, file_id)
    await desk.audit(caller.who, "file deleted", deleted.id, filename=deleted.filename)
    return FileDeleted(id=deleted.id)


def _object(file: UploadedFile) -> FileObject:
    return FileObject(
        id=file.id,
        bytes=file.bytes,
        created_at=int(file.made_at.timestamp()),
        filename=file.filename,
        purpose=file.purpose,
    )
