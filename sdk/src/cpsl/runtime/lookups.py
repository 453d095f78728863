"""A line of its own for callers that block the loop while they wait, such as `Secret.value`."""

from __future__ import annotations

import os
import socket
import threading

from cpsl.wire import Ack, Lookup, WireError, decode, encode

_SECONDS = 20.0


class LookupLine:
    """Asks the host without the event loop. Made from the socket of an accepted connection."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.settimeout(_SECONDS)
        self._file = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._id = 0

    def secret(self, name: str) -> str | None:
        """Return a secret of the space, None when there is none of that name.

        Raises RuntimeError when the platform cannot tell now.
        """
        try:
            with self._lock:
                self._id += 1
                self._socket.sendall(encode(Lookup(self._id, "secret", name)))
                while True:
                    line = self._file.readline()
                    if not line:
                        raise ConnectionError("the app host is gone")
                    answer = decode(line)
                    if isinstance(answer, Ack) and answer.id == self._id:
                        break
        except (OSError, WireError) as exc:
            raise RuntimeError(f"Secret {name!r} cannot be read now: {exc}") from exc
        if answer.error is not None:
            raise RuntimeError(f"Secret {name!r} cannot be read now: {answer.error}")
        return None if answer.result is None else str(answer.result)

    def close(self) -> None:
        self._file.close()
        self._socket.close()
