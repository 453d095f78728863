"""What people and UI events send to an app."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ._download import download
from ._types import ChannelType, Sender


@dataclass
class Attachment:
    """A file sent with a message."""

    name: str
    content_type: str
    url: str
    size: int = 0

    async def download(self, path: str) -> str:
        """Write the file to exactly `path` and return it. HTTP errors raise."""
        return await download(self.url, path)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "content_type": self.content_type, "url": self.url, "size": self.size}


@dataclass
class Message:
    """One entry of a conversation."""

    text: str
    sender: Sender
    channel_type: ChannelType
    timestamp: float = field(default_factory=time.time)
    attachments: list[Attachment] | None = None

    def to_dict(self) -> dict[str, Any]:
        found = asdict(self)
        if not self.attachments:
            del found["attachments"]
        return found


@dataclass
class Event:
    """A UI event, handled by `@app.action`."""

    name: str
    payload: dict[str, Any] = field(default_factory=dict)
    source: dict[str, Any] | None = None


@dataclass
class FileUpload:
    """A file a user gave in answer to `prompt_file`."""

    name: str
    content_type: str
    url: str
    size: int
    path: str | None = None

    async def download(self, path: str) -> str:
        """Write the file to exactly `path`, remember it in `path`, and return it."""
        self.path = await download(self.url, path)
        return self.path
