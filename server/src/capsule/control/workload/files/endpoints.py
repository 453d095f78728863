"""`/capsules/{capsule}/files`: what lies in a storage capsule."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from mimetypes import guess_type
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.requests import ClientDisconnect

from capsule.api.access import requires
from capsule.api.context import Context, CurrentContext
from capsule.control.policy import Action
from capsule.control.shapes.base import Items, Shape
from capsule.control.workload.capsules.service import ensure_present, ensure_type
from capsule.control.workload.files.size import full, usage
from capsule.errors import InvalidInput
from capsule.kit.filetree import FileTree
from capsule.kit.ranges import byte_range, chunks
from capsule.models import Capsule

router = APIRouter(prefix="/capsules/{capsule}/files", tags=["files"])

MAX_FILE_BYTES = 10 * 1024**3

FilePath = Annotated[str, Query(description="From the root of the storage, such as `/reports/june.pdf`.")]


class FileEntry(Shape):
    name: str
    path: str
    is_folder: bool
    size: int
    modified_at: datetime


class StorageUsage(Shape):
    used_bytes: int
    size_bytes: int = Field(description="What the storage may hold.")


class UploadBroken(InvalidInput):
    code, title = "upload_broken", "Upload broken off"


@router.get("")
async def list_files(
    capsule: Annotated[Capsule, requires(Action.file_read, detached=True)],
    context: CurrentContext,
    path: FilePath = "/",
) -> Items[FileEntry]:
    entries = await asyncio.to_thread(_tree(capsule, context).entries, path)
    return Items(items=[FileEntry.model_validate(entry) for entry in entries])


@router.put("", max_body_size=MAX_FILE_BYTES)
async def write_file(
    capsule: Annotated[Capsule, requires(Action.file_write, detached=True)],
    context: CurrentContext,
    request: Request,
    path: FilePath,
) -> FileEntry:
    """Put the request's body at `path`, whole or not at all; missing folders are made.

    Refused when the filesystem would be over its size.
    """
    ensure_present(capsule)
    tree = _tree(capsule, context)
    found = await asyncio.to_thread(usage, context.paths, capsule)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > found.left:
        raise full(capsule)
    try:
        return FileEntry.model_validate(
            await tree.write(path, _within(request.stream(), found.left, capsule))
        )
    except ClientDisconnect as error:
        raise UploadBroken(f"The upload of '{path}' broke off; nothing was changed.") from error


@router.get("/usage")
async def read_usage(
    capsule: Annotated[Capsule, requires(Action.file_read, detached=True)], context: CurrentContext
) -> StorageUsage:
    """Count what the storage holds now."""
    ensure_type(capsule, "storage")
    found = await asyncio.to_thread(usage, context.paths, capsule)
    return StorageUsage(used_bytes=found.used, size_bytes=found.size)


@router.get("/content", response_class=StreamingResponse)
async def read_file(
    capsule: Annotated[Capsule, requires(Action.file_read, detached=True)],
    context: CurrentContext,
    request: Request,
    path: FilePath,
) -> StreamingResponse:
    """Download a file, or the part that the `Range` header names."""
    file, entry = await asyncio.to_thread(_tree(capsule, context).open, path)
    try:
        part = byte_range(request.headers.get("range"), entry.size)
    except BaseException:
        file.close()
        raise
    start, length = part or (0, entry.size)
    headers = {
        "content-length": str(length),
        "accept-ranges": "bytes",
        "last-modified": format_datetime(entry.modified_at, usegmt=True),
        # Somebody else's HTML must never run on the console's own address.
        "content-disposition": f"attachment; filename*=UTF-8''{quote(entry.name)}",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
    }
    if part:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{entry.size}"
    return StreamingResponse(
        chunks(file, start, length),
        status_code=206 if part else 200,
        media_type=guess_type(entry.name)[0] or "application/octet-stream",
        headers=headers,
    )


@router.delete("", status_code=204)
async def delete_file(
    capsule: Annotated[Capsule, requires(Action.file_delete, detached=True)],
    context: CurrentContext,
    path: FilePath,
) -> None:
    """Delete a file, or a folder with all it holds."""
    ensure_present(capsule)
    await asyncio.to_thread(_tree(capsule, context).delete, path)


def _tree(capsule: Capsule, context: Context) -> FileTree:
    ensure_type(capsule, "storage")
    return FileTree(context.paths.storage(capsule.id))


async def _within(body: AsyncIterator[bytes], room: int, capsule: Capsule) -> AsyncIterator[bytes]:
    async for chunk in body:
        room -= len(chunk)
        if room < 0:
            raise full(capsule)
        yield chunk
