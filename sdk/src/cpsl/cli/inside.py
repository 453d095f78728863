"""A process inside a replica, as this terminal sees it: what is typed goes there, what it says comes here."""

from __future__ import annotations

import base64
import contextlib
import os
import queue
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli.api import Record
from cpsl.cli.invocation import Invocation

_CHUNK = 32 * 1024


class RemoteProcess:
    """One shell of the API, followed to its end."""

    def __init__(self, invocation: Invocation, shell: Record, *, has_terminal: bool) -> None:
        self._api = invocation.api
        self._out = invocation.out
        self._path = f"/replicas/{shell['replica_id']}/shells/{shell['id']}"
        self._has_terminal = has_terminal
        self._sending: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(maxsize=64)

    def follow(self, *, with_input: bool) -> Record:
        """Return how it ended: `exit_code` and `reason`. Whatever happens, it is closed."""
        sender = threading.Thread(target=self._send, daemon=True)
        if with_input:
            threading.Thread(target=self._read_input, daemon=True).start()
        else:
            self._sending.put(("input", {"end": True}))
        try:
            with _raw() if self._has_terminal else contextlib.nullcontext(), self._resizing():
                sender.start()
                return self._print()
        except BaseException:
            with contextlib.suppress(CapsuleError):
                self._api.delete(self._path)
            raise
        finally:
            with contextlib.suppress(queue.Full):
                self._sending.put_nowait(None)
            sender.join(timeout=1)

    def _print(self) -> Record:
        for event in self._api.events(f"{self._path}/stream"):
            if event.name == "output":
                stream = sys.stderr if event.data["stream"] == "stderr" else sys.stdout
                stream.buffer.write(base64.b64decode(event.data["data"]))
                stream.buffer.flush()
            elif event.name == "end":
                end: Record = event.data
                return end
        raise AssertionError("the stream of a shell ends with `end`")

    def _read_input(self) -> None:
        while data := os.read(sys.stdin.fileno(), _CHUNK):
            self._sending.put(("input", {"data": base64.b64encode(data).decode()}))
        self._sending.put(("input", {"end": True}))

    def _send(self) -> None:
        """Send in order; a connection that breaks is tried again by the API's client at the next key."""
        while (item := self._sending.get()) is not None:
            what, body = item
            try:
                self._api.call("POST", f"{self._path}/{what}", body=body, timeout=600)
            except ApiError:
                return  # it has ended; the stream says how
            except CapsuleError:
                continue

    @contextlib.contextmanager
    def _resizing(self) -> Iterator[None]:
        if not self._has_terminal:
            yield
            return

        def changed(*_: object) -> None:
            columns, rows = shutil.get_terminal_size()
            with contextlib.suppress(queue.Full):
                self._sending.put_nowait(("resize", {"columns": columns, "rows": rows}))

        before = signal.signal(signal.SIGWINCH, changed)
        try:
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    """Give every key to the other side, Ctrl-C too; the terminal is as before afterwards."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
