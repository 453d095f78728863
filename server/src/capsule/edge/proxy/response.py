"""Turn the bytes of an upstream's response head into what passing it on needs.

Knows nothing of routes or sockets; where the body ends also depends on the request (`body_length`).
"""

import re

from capsule.edge.proxy.limits import MalformedResponse

CHUNKED = -1
UNTIL_CLOSE = -2

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_HEAD = re.compile(
    rb"HTTP/1\.([01]) ([1-9][0-9]{2})( [^\r\n\0]*+)?\r\n((?:" + _TOKEN + rb"++:[^\r\n\0]*+\r\n)*+)\r\n"
)
"""Minor version, status, reason with its blank, header block."""
match_head = _HEAD.match
_NOTABLE = re.compile(
    rb"\r\n(connection|content-length|transfer-encoding|keep-alive|upgrade|proxy-connection)"
    rb":[\t ]*+([^\r]*+)"
)
_LENGTH = re.compile(rb"[0-9]{1,18}")


class Headers:
    """What one header block of a response says; a pure function of its bytes."""

    __slots__ = ("_head", "_head_of", "close", "keep_alive", "kept", "length", "raw", "upgrade")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.kept = raw
        self.length = UNTIL_CLOSE
        self.close = False
        self.keep_alive = False
        self.upgrade = b""
        self._head = b""
        self._head_of: tuple[bytes, bool] | None = None
        self._read(b"\r\n" + raw.lower())

    def head(self, status: bytes, is_last: bool) -> bytes:
        """Return the head to send for a status and reason; `is_last`: the connection closes behind it."""
        if self._head_of != (status, is_last):
            self._head_of = (status, is_last)
            self._head = b"HTTP/1.1 %b\r\n%b%b\r\n" % (
                status,
                self.kept,
                b"Connection: close\r\n" if is_last else b"",
            )
        return self._head

    def _read(self, lowered: bytes) -> None:
        pieces: list[bytes] = []
        start, chunked = 0, False
        for found in _NOTABLE.finditer(lowered):
            name, value = found[1], found[2].rstrip(b"\t ")
            if name == b"content-length":
                if not _LENGTH.fullmatch(value) or self.length not in (UNTIL_CLOSE, int(value)):
                    raise MalformedResponse("The answer has no single, plain Content-Length.")
                if self.length == UNTIL_CLOSE and not chunked:
                    self.length = int(value)
                    continue
            elif name == b"transfer-encoding":
                if value != b"chunked":
                    raise MalformedResponse("The answer has an unknown transfer coding.")
                if not chunked:
                    chunked = True
                    continue
            elif name == b"connection":
                self.close = self.close or b"close" in value
                self.keep_alive = b"keep-alive" in value
            elif name == b"upgrade":
                self.upgrade = value
            pieces.append(self.raw[start : found.start()])
            start = found.end()
        if pieces:
            pieces.append(self.raw[start:])
            self.kept = b"".join(pieces)
        if chunked:
            if self.length >= 0:
                self.kept = _without_length(self.kept)
            self.length = CHUNKED


def body_length(headers: Headers, method: bytes, status: int) -> int:
    """Return the body's length in bytes, CHUNKED or UNTIL_CLOSE (RFC 9112 §6.3)."""
    if method == b"HEAD" or status in (204, 304) or status < 200:
        return 0
    return headers.length


def _without_length(block: bytes) -> bytes:
    lines = block.split(b"\r\n")
    return b"\r\n".join(line for line in lines if line.partition(b":")[0].lower() != b"content-length")
