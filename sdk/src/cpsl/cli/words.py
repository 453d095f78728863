"""Turn values into words for people: sizes, times, durations, colours of states. Prints nothing."""

from __future__ import annotations

import time
import unicodedata
from datetime import datetime

STATUS_COLOURS = {
    "live": "green",
    "healthy": "green",
    "running": "cyan",
    "succeeded": "green",
    "queued": "yellow",
    "building": "yellow",
    "starting": "yellow",
    "stopping": "yellow",
    "removing": "yellow",
    "failed": "red",
    "unhealthy": "red",
    "cancelled": "magenta",
    "stopped": "bright_black",
    "empty": "bright_black",
    "warm": "green",
    "waking": "yellow",
    "cold": "bright_black",
}


def timestamp(text: str) -> float | None:
    """Return seconds since the epoch of an ISO 8601 time, None for what is none."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        return None
    return moment.timestamp()


def ago(text: object) -> str:
    """`3 min ago`; empty for no time."""
    moment = timestamp(str(text)) if text else None
    if moment is None:
        return ""
    seconds = time.time() - moment
    if seconds < 5:
        return "now"
    for size, word in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    return "now"


def clock(text: str) -> str:
    """Local time of day with milliseconds; the text itself when it is no time."""
    moment = timestamp(text)
    if moment is None:
        return text
    local = time.strftime("%H:%M:%S", time.localtime(moment))
    return f"{local}.{int(moment * 1000) % 1000:03d}"


def duration(seconds: float) -> str:
    """`0.8 s`, `14 s`, `2 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def short_duration(seconds: float) -> str:
    """`4.2 ms`, `11 ms`, and as `duration` from a second on."""
    milliseconds = seconds * 1000
    if milliseconds >= 999.5:
        return duration(seconds)
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"


def elapsed(start: object, end: object) -> str:
    """The time between two ISO times, empty when one is missing."""
    first = timestamp(str(start)) if start else None
    last = timestamp(str(end)) if end else None
    return "" if first is None or last is None else duration(max(0.0, last - first))


def size(count: float) -> str:
    """`512 B`, `3.4 kB`, `12 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def display_width(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def cut(text: str, width: int) -> str:
    """Return `text` shortened to `width` columns."""
    if display_width(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += display_width(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"
