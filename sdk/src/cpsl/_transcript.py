"""What a terminal shows: its runs with their output, bounded in size."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._command import StreamName

RUN_CHARS = 200_000
"""How much output of one run is shown."""
TERMINAL_CHARS = 500_000
"""How much output of all runs is shown."""
TERMINAL_RUNS = 50
RESULT_CHARS = 4 * 1024 * 1024
"""How much of each stream a result holds; its JSON takes at most half as many bytes more."""

_CHUNK_CHARS = 8_192


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class Run:
    """One command of a terminal. Times are in milliseconds."""

    id: str
    mode: str
    command: str
    argv: list[str] | None
    cwd: str
    status: str = "running"
    """`running`, `completed`, `failed`, `timeout` or `disconnected`."""
    started_at: int = field(default_factory=now_ms)
    ended_at: int | None = None
    exit_code: int | None = None
    chunks: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0
    is_truncated: bool = False
    _next_seq: int = 1
    _sealed_seq: int = 0
    """Chunks up to this one were shown, and are not added to any more."""

    def add(self, stream: StreamName, text: str) -> None:
        """Add output; small pieces of one stream that were not shown yet become one."""
        if not text:
            return
        last = self.chunks[-1] if self.chunks else None
        self.size += len(text)
        if (
            last is not None
            and last["stream"] == stream
            and last["seq"] > self._sealed_seq
            and len(last["text"]) + len(text) <= _CHUNK_CHARS
        ):
            last["text"] += text
        else:
            self.chunks.append({"stream": stream, "text": text, "timestamp": now_ms(), "seq": self._next_seq})
            self._next_seq += 1
        self.trim(RUN_CHARS)

    def trim(self, chars: int) -> None:
        """Forget the oldest output beyond so many characters."""
        if self.size <= chars:
            return
        self.is_truncated = True
        drop = 0
        while drop < len(self.chunks) and self.size > chars:
            extra = self.size - chars
            chunk = self.chunks[drop]
            if len(chunk["text"]) > extra:
                self.chunks[drop] = {**chunk, "text": chunk["text"][extra:]}
                self.size -= extra
            else:
                self.size -= len(chunk["text"])
                drop += 1
        del self.chunks[:drop]

    def to_dict(self) -> dict[str, Any]:
        self._sealed_seq = self._next_seq - 1
        optional = {"argv": self.argv, "ended_at": self.ended_at, "exit_code": self.exit_code}
        return {
            "id": self.id,
            "mode": self.mode,
            "command": self.command,
            "cwd": self.cwd,
            "status": self.status,
            "started_at": self.started_at,
            "chunks": [dict(chunk) for chunk in self.chunks],
            **{name: value for name, value in optional.items() if value is not None},
            **({"truncated": True} if self.is_truncated else {}),
        }


class Transcript:
    """The runs of one terminal of one session, shared by everyone who opened it."""

    def __init__(self, payload: dict[str, Any] | None = None) -> None:
        """Start anew, or with what a terminal showed before; runs that went on then are `disconnected`."""
        known = payload or {}
        self.revision = _count(known.get("revision"))
        self.title = str(known.get("title") or "")
        runs = known.get("runs")
        self.runs = [run for run in map(_restored, runs if isinstance(runs, list) else []) if run is not None]
        self._started = max([len(self.runs), *(_number_in(run.id) for run in self.runs)])
        self.is_changed = False

    def begin(self, mode: str, command: str, argv: list[str] | None, cwd: str) -> Run:
        # Counted and not random, so that a command that is run again after a crash keeps its place.
        self._started += 1
        run = Run(f"run_{self._started}", mode, command, argv, cwd)
        self.runs.append(run)
        del self.runs[:-TERMINAL_RUNS]
        self.is_changed = True
        return run

    def add(self, run: Run, stream: StreamName, text: str) -> None:
        run.add(stream, text)
        self.is_changed = True

    @property
    def size(self) -> int:
        return sum(run.size for run in self.runs)

    def to_payload(self, name: str, title: str, cwd: str) -> dict[str, Any]:
        """Return the next revision of what is shown; the oldest runs give up output first."""
        excess = self.size - TERMINAL_CHARS
        for run in self.runs:
            if excess <= 0:
                break
            before = run.size
            run.trim(max(0, before - excess))
            excess -= before - run.size
        self.revision += 1
        self.is_changed = False
        self.title = title
        return {
            "name": name,
            "title": title,
            "cwd": cwd,
            "revision": self.revision,
            "runs": [run.to_dict() for run in self.runs],
        }


class Capture:
    """One stream for the result: its beginning and its end, when it is too long."""

    def __init__(self, chars: int = RESULT_CHARS) -> None:
        self._half = chars // 2
        self._head: list[str] = []
        self._room = self._half
        self._tail: list[str] = []
        self._tail_size = 0
        self._dropped = 0

    def add(self, text: str) -> None:
        if self._room:
            part = text[: self._room]
            self._head.append(part)
            self._room -= len(part)
            text = text[len(part) :]
        if text:
            self._tail.append(text)
            self._tail_size += len(text)
            if self._tail_size > 2 * self._half:
                self._shorten()

    def text(self) -> str:
        self._shorten()
        return _fit(_joined("".join(self._head), "".join(self._tail), self._dropped))

    def _shorten(self) -> None:
        if self._tail_size > self._half:
            kept = "".join(self._tail)[-self._half :]
            self._dropped += self._tail_size - len(kept)
            self._tail, self._tail_size = [kept], len(kept)


def _joined(head: str, tail: str, dropped: int) -> str:
    return f"{head}\n[... {dropped:,} characters left out ...]\n{tail}" if dropped else head + tail


def _fit(text: str) -> str:
    """Shorten a text whose JSON would be too large for one message, such as one of control characters."""
    limit = RESULT_CHARS * 3 // 2
    while len(text) > limit // 6:
        size = len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
        if size <= limit:
            break
        half = int(len(text) * limit / size * 0.45)
        text = _joined(text[:half], text[-half:], len(text) - 2 * half)
    return text


def _restored(found: Any) -> Run | None:
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return None
    run = Run(
        found["id"],
        str(found.get("mode") or "shell"),
        str(found.get("command") or ""),
        found.get("argv"),
        str(found.get("cwd") or ""),
        str(found.get("status") or "disconnected"),
        _count(found.get("started_at")),
        found.get("ended_at"),
        found.get("exit_code"),
    )
    if run.status == "running":
        run.status = "disconnected"
    run.is_truncated = bool(found.get("truncated"))
    for chunk in found.get("chunks") or []:
        if isinstance(chunk, dict) and isinstance(chunk.get("text"), str):
            run.chunks.append({**chunk, "stream": "stderr" if chunk.get("stream") == "stderr" else "stdout"})
            run.size += len(chunk["text"])
    run._next_seq = 1 + max((_count(chunk.get("seq")) for chunk in run.chunks), default=0)
    return run


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _number_in(run_id: str) -> int:
    number = run_id.rpartition("_")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
