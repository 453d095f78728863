"""Questions that wait for the user: approval and a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ._checks import check_text, check_timeout
from ._errors import FileUploadTimeout
from ._external import text_equivalent
from ._messages import FileUpload
from ._session_part import SessionPart

if TYPE_CHECKING:
    from ._backend import Answer, SessionBackend

_BLOCKS = {"approval": "approval_prompt", "file": "file_upload", "integration": "integration_prompt"}
_MAX_NAME_BYTES = 200


class PromptCalls(SessionPart):
    """`session.prompt_approval` and `session.prompt_file`."""

    async def prompt_approval(
        self,
        message: str,
        *,
        approve_label: str = "Approve",
        reject_label: str = "Reject",
        timeout: float = 300.0,
    ) -> bool:
        """Ask for a yes or no; True only on approval, within `timeout` seconds."""
        payload = {
            "message": check_text(message, "The message of prompt_approval()"),
            "approve_label": check_text(approve_label, "approve_label="),
            "reject_label": check_text(reject_label, "reject_label="),
        }
        seconds = check_timeout(timeout, "prompt_approval()")
        if self._backend is None:
            return False
        answer = await self._ask(self._backend, "approval", payload, seconds)
        return answer["status"] == "answered" and answer.get("approved") is True

    async def prompt_file(
        self,
        *,
        message: str = "Please upload a file",
        accept: str = "",
        path: str | None = None,
        timeout: float = 300.0,
    ) -> FileUpload:
        """Ask for a file and wait for it, at most `timeout` seconds.

        `accept` limits its kind as in HTML, such as `".csv,image/*"`. With `path` the file is put there:
        into a directory that exists (or is written with a slash at its end) under its own name, else to
        exactly that path. Raises FileUploadTimeout when none came, RuntimeError outside a running app.
        """
        payload: dict[str, Any] = {"message": check_text(message, "The message of prompt_file()")}
        if accept:
            payload["accept"] = check_text(accept, "accept=")
        target = None if path is None else os.fspath(path)
        if target is not None and not target.strip():
            raise ValueError("path= must not be empty.")
        seconds = check_timeout(timeout, "prompt_file()")
        if self._backend is None:
            raise RuntimeError("prompt_file() works inside a message handler of a running app.")
        answer = await self._ask(self._backend, "file", payload, seconds)
        stored = answer.get("file")
        if answer["status"] != "answered" or stored is None:
            if answer["status"] == "timed_out":
                raise FileUploadTimeout(f"No file was uploaded within {seconds:g} seconds.")
            raise FileUploadTimeout("The person closed the request without uploading a file.")
        upload = FileUpload(stored["name"], stored["content_type"], stored["url"], stored["size"])
        if target is not None:
            place = _place(target, stored["name"])
            await _fetch(self._backend, stored["id"], place)
            upload.path = str(place)
        return upload

    async def _ask(
        self,
        backend: SessionBackend,
        kind: Literal["approval", "file", "integration"],
        payload: dict[str, Any],
        timeout: float,
    ) -> Answer:
        if not self._can_draw:
            await backend.reply(text_equivalent({"type": _BLOCKS[kind], "payload": payload}))
        return await backend.ask(kind, {**payload, "blocking": True, "session_id": self.id}, timeout)


def safe_name(name: str) -> str:
    """Return a file name without folders and control characters, of at most 200 bytes."""
    base = name.replace("\\", "/").rpartition("/")[2]
    base = "".join(char for char in base if char.isprintable()).strip()
    if base in ("", ".", ".."):
        return "upload"
    stem, ending = os.path.splitext(base)
    room = _MAX_NAME_BYTES - len(ending.encode())
    if room < 1:
        return base.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    return stem.encode()[:room].decode(errors="ignore") + ending


def _place(path: str, name: str) -> Path:
    target = Path(path)
    if target.is_dir() or path.endswith(("/", os.sep)):
        return target / safe_name(name)
    return target


async def _fetch(backend: SessionBackend, file_id: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name.encode()[:_MAX_NAME_BYTES].decode(errors='ignore')}.part")
    try:
        await backend.read_file(file_id, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
