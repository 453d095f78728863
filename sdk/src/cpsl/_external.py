"""Elements in words, for channels that show only texts."""

from __future__ import annotations

from typing import Any

from ._integrations import display_name


def text_equivalent(block: dict[str, Any]) -> str:
    """Return what a channel without elements says instead of `{id, type, payload}`; empty for silence."""
    payload: dict[str, Any] = block.get("payload") or {}
    if payload.get("completed") or payload.get("close"):
        return ""
    write = _WRITERS.get(str(block.get("type")))
    return "" if write is None else write(payload)


def _file(payload: dict[str, Any]) -> str:
    asked = payload.get("message") or "A file is needed."
    return f"{asked}\nSend it here as your next message, or upload it in the web app."


def _integration(payload: dict[str, Any]) -> str:
    account = display_name(str(payload.get("type") or ""))
    asked = f"Please connect your {account} account in the web app."
    return f"{payload['reason']}\n{asked}" if payload.get("reason") else asked


def _approval(payload: dict[str, Any]) -> str:
    yes, no = payload.get("approve_label") or "Approve", payload.get("reject_label") or "Reject"
    return f"{payload.get('message') or 'Your approval is needed.'}\nAnswer in the web app: {yes} or {no}."


def _task(payload: dict[str, Any]) -> str:
    return str(payload.get("message") or "A task is running. Follow it in the web app.")


def _titled(payload: dict[str, Any]) -> str:
    title = payload.get("title") or payload.get("name")
    return f"{title} (shown in the web app)" if title else ""


_WRITERS = {
    "file_upload": _file,
    "integration_prompt": _integration,
    "approval_prompt": _approval,
    "task_card": _task,
    "terminal": _titled,
    "table_preview": _titled,
    "ui_preview": _titled,
}
