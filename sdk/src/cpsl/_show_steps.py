"""What the app is doing, row by row: steps that go on and activities that are done."""

from __future__ import annotations

import re
from typing import Any

from ._checks import check_text
from ._session_part import SessionPart
from ._types import check_word

_STATUSES = ("running", "completed", "failed", "skipped")


class StepCalls(SessionPart):
    """`session.show_step` and `session.show_activity`."""

    async def show_step(
        self,
        label: str,
        *,
        status: str = "running",
        detail: str = "",
        step_id: str | None = None,
        links: list[dict[str, Any]] | None = None,
        fields: dict[str, Any] | None = None,
        expanded: bool = False,
    ) -> str:
        """Show a step and return its id; pass that back to update the same row.

        Raises ValueError for an unknown status.
        """
        label = check_text(label, "The label of a step")
        check_word(status, _STATUSES, "status")
        extras = _extras(links, fields)
        row = str(step_id) if step_id else await self._row_id(label)
        payload = {
            "label": label,
            "status": status,
            "detail": str(detail),
            "step_id": row,
            "expanded": bool(expanded),
        }
        await self._put("step_status", {**payload, **extras}, f"step_{row}")
        return row

    async def show_activity(
        self,
        label: str,
        *,
        detail: str = "",
        links: list[dict[str, Any]] | None = None,
        fields: dict[str, Any] | None = None,
        icon: str = "",
        activity_id: str | None = None,
        expanded: bool = False,
    ) -> str:
        """Show something that was done or found and return its id."""
        label = check_text(label, "The label of an activity")
        extras = _extras(links, fields)
        row = str(activity_id) if activity_id else await self._row_id(label)
        payload = {
            "label": label,
            "detail": str(detail),
            "activity_id": row,
            "icon": str(icon),
            "expanded": bool(expanded),
        }
        await self._put("activity", {**payload, **extras}, f"activity_{row}")
        return row

    async def _row_id(self, label: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40].strip("_") or "step"
        return f"{slug}_{await self._fresh_id()}"


def _extras(links: Any, fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if links:
        if not isinstance(links, (list, tuple)):
            raise TypeError(f"links= is a list of dicts; got {type(links).__name__}.")
        usable = [link for link in map(_link, links) if link is not None]
        if usable:
            found["links"] = usable
    if fields:
        if not isinstance(fields, dict):
            raise TypeError(f"fields= is a dict; got {type(fields).__name__}.")
        found["fields"] = fields
    return found


def _link(link: Any) -> dict[str, str] | None:
    """Return `{label, url}`; None for an entry that lacks either."""
    if not isinstance(link, dict):
        raise TypeError(f"A link is a dict with label and url; got {type(link).__name__}.")
    label, url = link.get("label") or link.get("title"), link.get("url") or link.get("href")
    return {"label": str(label), "url": str(url)} if label and url else None
