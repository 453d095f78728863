"""Things shown in a conversation besides text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any


@dataclass
class Block:
    """A rendered element; one with an id already on screen replaces the earlier one."""

    type: str
    payload: dict[str, Any]
    id: str = ""

    def to_envelope(self) -> dict[str, Any]:
        """Return `{id, type, payload}`, with a fresh id when none was given."""
        return {
            "id": self.id or f"blk_{uuid.uuid4().hex[:12]}",
            "type": self.type,
            "payload": self.payload,
        }
