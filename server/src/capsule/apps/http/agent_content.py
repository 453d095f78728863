"""Read a prompt of the agent chat contract: texts, files as text, pictures."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from capsule.errors import InvalidInput

_PICTURES = 20


@dataclass(frozen=True)
class Picture:
    name: str
    content_type: str
    content: bytes


def read_content(body: dict[str, Any]) -> tuple[str, list[Picture]]:
    """Return the text and the pictures of a prompt. Raises InvalidInput."""
    content = body.get("content")
    texts: list[str] = []
    pictures: list[Picture] = []
    for entry in content if isinstance(content, list) else []:
        if not isinstance(entry, dict):
            continue
        if entry.get("type") == "image":
            pictures.append(_picture(entry))
        elif isinstance(entry.get("text"), str):
            texts.append(_text(entry))
    text = "\n\n".join(part for part in texts if part.strip())
    if not text and not pictures:
        raise InvalidInput("Message is required.", field="content")
    if len(pictures) > _PICTURES:
        raise InvalidInput(f"A message has at most {_PICTURES} pictures.", field="content")
    return text, pictures


def _text(entry: dict[str, Any]) -> str:
    text, name = str(entry["text"]), entry.get("name")
    return f"{name}:\n{text}" if entry.get("type") == "file" and isinstance(name, str) else text


def _picture(entry: dict[str, Any]) -> Picture:
    """Read bare Base64 or a `data:` URL, both of which callers send."""
    name, data = str(entry.get("name") or "image"), entry.get("base64")
    if not isinstance(data, str) or not data:
        raise InvalidInput(f"Picture {name!r} has no content.", field="content")
    content_type = "image/png"
    if data.startswith("data:"):
        head, _, data = data.partition(",")
        content_type = head[5:].partition(";")[0] or content_type
    try:
        return Picture(name, content_type, base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise InvalidInput(f"Picture {name!r} is not Base64.", field="content") from exc
