"""One line that tells what is going on: a spinner with elapsed time in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

import click

from cpsl.cli import words

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
BEAT_SECONDS = 0.1


class Progress:
    """Steps of long work. `step` starts one, `detail` says more of it; the line goes when the block ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._live and not os.environ.get("NO_COLOR")
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._step = ""
        self._detail = ""
        self._started = time.monotonic()
        self._drawn = False
        self._count = 0
        self._total: int | None = None

    def __enter__(self) -> Progress:
        if self._live:
            self._thread = threading.Thread(target=self._spin, daemon=True, name="progress")
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._clear()
        self._live = False

    def step(self, text: str, *, total: int | None = None) -> None:
        """Start the next step; `total` is what `advance` counts up to, in bytes."""
        with self._lock:
            self._step, self._detail, self._count, self._total = text, "", 0, total
            self._started = time.monotonic()
            if not self._live:
                self._stream.write(text + "\n")
                self._stream.flush()

    def detail(self, text: str) -> None:
        """Say more about the step; shown in a terminal only."""
        self._detail = " ".join(click.unstyle(text).split())

    def advance(self, count: int) -> None:
        """Count `count` more bytes of the step as done."""
        self._count += count

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for lines printed by others while the block runs."""
        with self._lock:
            self._clear()
            yield

    def _spin(self) -> None:
        frame = 0
        while not self._done.wait(BEAT_SECONDS):
            with self._lock:
                self._draw(FRAMES[frame % len(FRAMES)])
            frame += 1

    def _draw(self, mark: str) -> None:
        if not self._step:
            return
        parts = [self._step]
        if self._total:
            parts.append(f"{min(100, self._count * 100 // self._total)} % of {words.size(self._total)}")
        elif self._count:
            parts.append(words.size(self._count))
        seconds = time.monotonic() - self._started
        if seconds >= 1:
            parts.append(f"{int(seconds)} s")
        head = "  ".join(parts)
        width = shutil.get_terminal_size().columns - 3
        text = words.cut(head, width)
        room = width - words.display_width(text) - 2
        if self._detail and room > 10:
            shown = words.cut(self._detail, room)
            text += f"  \x1b[2m{shown}\x1b[0m" if self._colour else f"  {shown}"
        mark = f"\x1b[36m{mark}\x1b[0m" if self._colour else mark
        self._stream.write(f"\r\x1b[2K{mark} {text}")
        self._stream.flush()
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False
