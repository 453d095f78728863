"""Follow a body to its end while its bytes are passed on as they come. Knows nothing of heads or sockets."""

import re

from capsule.edge.proxy.limits import MalformedRequest

_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15}+)(;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e\x80-\xff]*+\r\n")
_MAX_LINE = 8 * 1024
_MAX_TRAILERS = 64 * 1024


class MalformedChunk(MalformedRequest):
    code, title = "malformed_chunk", "Malformed chunked body"


class LengthBody:
    """A body of a known number of bytes."""

    __slots__ = ("remaining",)

    def __init__(self, length: int) -> None:
        self.remaining = length

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Return what to pass on, and what came behind the body (None while the body goes on)."""
        size = len(data)
        if size < self.remaining:
            self.remaining -= size
            return data, None
        end = self.remaining
        self.remaining = 0
        return (data, b"") if size == end else (data[:end], data[end:])


class EndlessBody:
    """A body that ends with the connection."""

    __slots__ = ()

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        return data, None


class ChunkedBody:
    """A chunked body, passed on in its framing.

    Chunk extensions are left out (nothing uses them, and parsers differ over them), and so are trailers
    unless `trailers`: some servers merge them into the headers, where ours have been checked.
    """

    __slots__ = ("_line", "_remaining", "_trailer_bytes", "_trailers")

    def __init__(self, *, trailers: bool = False) -> None:
        self._remaining = 0
        """Bytes left of a chunk and its line break; 0 at a size line, -1 in the trailers."""
        self._line = b""
        """The beginning of a line that has not come whole yet."""
        self._trailers = trailers
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Return what to pass on, and what came behind the body (None while the body goes on).

        Raises MalformedChunk.
        """
        out: list[bytes] = []
        if self._line:
            data, self._line = self._line + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._remaining > 2:
                taken = min(self._remaining - 2, size - at)
                out.append(data[at : at + taken])
                self._remaining -= taken
                at += taken
            elif self._remaining > 0:
                wanted = b"\r\n"[-self._remaining :]
                found = data[at : at + self._remaining]
                if not wanted.startswith(found):
                    raise MalformedChunk("A chunk is longer or shorter than its size line says.")
                out.append(found)
                self._remaining -= len(found)
                at += len(found)
            elif (end := data.find(b"\n", at)) < 0:
                self._line = data[at:]
                self._check_partial_line()
                break
            else:
                line = data[at : end + 1]
                at = end + 1
                if self._remaining == 0:
                    out.append(self._read_size(line))
                else:
                    out.append(self._read_trailer(line))
                    if line == b"\r\n":
                        return b"".join(out), data[at:]
        return b"".join(out), None

    def _read_size(self, line: bytes) -> bytes:
        found = _SIZE_LINE.fullmatch(line)
        if found is None or len(line) > _MAX_LINE:
            raise MalformedChunk("A chunk's size line is malformed.")
        length = int(found[1], 16)
        self._remaining = length + 2 if length else -1
        return line if found[2] is None else found[1] + b"\r\n"

    def _read_trailer(self, line: bytes) -> bytes:
        if line == b"\r\n":
            return line
        self._trailer_bytes += len(line)
        if not _TRAILER_LINE.fullmatch(line) or self._trailer_bytes > _MAX_TRAILERS:
            raise MalformedChunk("A trailer line is malformed or too long.")
        return line if self._trailers else b""

    def _check_partial_line(self) -> None:
        if len(self._line) > _MAX_LINE:
            raise MalformedChunk("A chunk's size line or a trailer is too long.")


Body = LengthBody | ChunkedBody | EndlessBody
