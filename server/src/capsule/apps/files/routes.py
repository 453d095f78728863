"""HTTP of files: uploads in pieces, downloads, and what lies in the app's filesystems."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import BinaryIO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from capsule.apps.files.accept import guess_type
from capsule.apps.files.answers import Content, answer
from capsule.apps.files.errors import InvalidFile, LinkRefused, OffsetMismatch, UploadBroken
from capsule.apps.files.mounts import open_mounted
from capsule.apps.files.rows import FileRow
from capsule.apps.http import problem
from capsule.apps.http.api_sessions import json_response, own_session, read_json
from capsule.apps.http.visit import Doorman, Visit, refuse_outsiders
from capsule.errors import PlatformError

_PIECE = 256 * 1024
_DAY = "private, max-age=86400"
"""A kept file never changes."""


def routes(doorman: Doorman) -> list[BaseRoute]:
    file = "/api/files/{file_id}"
    return [
        Route("/api/files", doorman.admit(create), methods=["POST"]),
        Route(file, doorman.admit(append), methods=["PATCH"]),
        Route(file, doorman.admit(tell_offset), methods=["HEAD"]),
        Route(file, doorman.admit(delete), methods=["DELETE"]),
        Route(
            f"{file}/{{name}}", doorman.admit(download, any_origin=True, open_to_all=True), methods=["GET"]
        ),
        Route("/api/mounts/{path:path}", doorman.admit(open_reference, any_origin=True), methods=["GET"]),
    ]


async def create(visit: Visit) -> Response:
    body = await read_json(visit.request)
    session_id, prompt_id = _text(body, "session_id"), _text(body, "prompt_id")
    if session_id is not None:
        await own_session(visit, session_id)
    files = visit.live.files
    row = await files.create(
        visit.caller.user_id,
        name=body.get("name"),
        size=body.get("size"),
        content_type=body.get("content_type"),
        session_id=session_id,
        prompt_id=prompt_id,
    )
    upload_url = f"/api/files/{row.id}"
    found = {
        "id": row.id,
        "name": row.name,
        "content_type": row.content_type,
        "size": row.size,
        "offset": 0,
        "upload_url": upload_url,
        "url": files.path(row),
        "max_bytes": files.limits.upload_bytes,
    }
    return json_response(found, 201)


async def append(visit: Visit) -> Response:
    request = visit.request
    offset = _offset(request.headers.get("upload-offset"))
    length = request.headers.get("content-length", "")
    try:
        end = await visit.live.files.append(
            visit.caller.user_id,
            request.path_params["file_id"],
            offset,
            _pieces(request),
            length=int(length) if length.isdecimal() else None,
        )
    except OffsetMismatch as exc:
        response = problem.render(exc, problem.request_id(request))
        response.headers["Upload-Offset"] = str(exc.context["offset"])
        return response
    response = json_response({"offset": end})
    response.headers["Upload-Offset"] = str(end)
    return response


async def tell_offset(visit: Visit) -> Response:
    files = visit.live.files
    row = await files.find(visit.caller.user_id, visit.request.path_params["file_id"])
    offset = await files.received(row)
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(row.size), "Cache-Control": "no-store"}
    return Response(headers=headers)


async def delete(visit: Visit) -> Response:
    await visit.live.files.delete(visit.caller.user_id, visit.request.path_params["file_id"])
    return Response(status_code=204)


async def download(visit: Visit) -> Response:
    """Answer whoever has a signed link, and the file's own user, for whom old links go on working."""
    row = await _find(visit, visit.request.path_params["file_id"])
    content = Content(row.name, row.content_type, row.size, _DAY)
    return await answer(visit.request, content, lambda: visit.live.files.open(row))


async def _find(visit: Visit, file_id: str) -> FileRow:
    query = visit.request.query_params
    if not (signature := query.get("signature")):
        return await _find_own(visit, file_id)
    try:
        return await visit.live.files.find_signed(file_id, query.get("expires", ""), signature)
    except LinkRefused:
        with contextlib.suppress(PlatformError):
            return await _find_own(visit, file_id)
        raise


async def _find_own(visit: Visit, file_id: str) -> FileRow:
    refuse_outsiders(visit.live, visit.caller)
    return await visit.live.files.find(visit.caller.user_id, file_id)


async def open_reference(visit: Visit) -> Response:
    path = "/" + visit.request.path_params["path"]
    file, entry = await asyncio.to_thread(open_mounted, visit.live.app.mounts, path)
    try:
        if visit.request.method == "HEAD":
            file.close()
        content = Content(entry.name, guess_type(entry.name), entry.size)
        return await answer(visit.request, content, lambda: _ready(file))
    except BaseException:
        file.close()
        raise


async def _ready(value: BinaryIO) -> BinaryIO:
    return value


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield a body in pieces worth a write each. Raises UploadBroken behind the last one that came."""
    held = bytearray()
    is_whole = False
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= _PIECE:
                yield bytes(held)
                held.clear()
        is_whole = True
    except ClientDisconnect:
        pass
    if held:
        yield bytes(held)
    if not is_whole:
        raise UploadBroken("The connection ended in the middle; go on where the upload is now.")


def _offset(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InvalidFile(
            "The header Upload-Offset must say at which byte this piece begins.", field="Upload-Offset"
        )
    return int(text)


def _text(body: dict[str, object], key: str) -> str | None:
    found = body.get(key)
    if found is not None and not isinstance(found, str):
        raise InvalidFile(f"{key} must be a text.", field=key)
    return found
