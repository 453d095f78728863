"""Turn the bytes of a request head into what routing and forwarding need, or refuse it.

Strict on purpose: whatever two parsers might read differently (bare LF, folded lines, two lengths, a
length beside a transfer coding, blanks before a colon) is refused, so that edge and upstream always agree
where a request ends. Knows nothing of routes or sockets.
"""

import re

from capsule.edge.proxy.limits import (
    CodingNotSupported,
    ExpectationFailed,
    HeadTooLarge,
    MalformedRequest,
    VersionNotSupported,
)

CHUNKED = -1

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_HEAD = re.compile(
    rb"(" + _TOKEN + rb"{1,32}+) ([\x21-\x7e\x80-\xff]++) HTTP/1\.([01])\r\n"
    rb"((?:" + _TOKEN + rb"++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+)\r\n"
)
"""Method, target, minor version, header block."""
match_head = _HEAD.match

# Searched in the lower-cased block behind a line break, so each line costs one comparison or two.
_NOTABLE = re.compile(
    rb"\r\n(host|connection|content[-_]length|transfer[-_]encoding|upgrade|expect|accept|user-agent|te|trailer|keep-alive"
    rb"|proxy(?:[-_][^:]*+)?|forwarded|x[-_](?:capsule|forwarded|real[-_]ip)[^:]*+):[\t ]*+([^\r]*+)"
)
_HOST = re.compile(rb"(\[[0-9a-f:.]++\]|[0-9a-z._-]++)(?::[0-9]{0,5}+)?")
_ABSOLUTE = re.compile(rb"https?://([^/?#@]++)([/?].*)?", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_BARE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_OTHER_VERSION = re.compile(rb"[^\r\n ]+ [^\r\n ]+ HTTP/(?:[02-9]|1\.[2-9])[^\r\n]*\r\n")

# A Connection header may name further headers to drop, but never those that frame or route the request.
_NEVER_DROPPED = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
_CONNECTION_OPTIONS = frozenset({b"close", b"keep-alive", b"upgrade"})

REPLAYABLE = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"})
"""Methods that may be sent twice (a request without a body, of which nothing is lost)."""


class Headers:
    """What one header block says; a pure function of its bytes, so a connection may keep the last one."""

    __slots__ = (
        "accept",
        "agent",
        "close",
        "host",
        "host_value",
        "kept",
        "length",
        "raw",
        "tail",
        "tail_of",
        "upgrade",
    )

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.kept = raw
        """The lines to pass on."""
        self.host = ""
        """Lower case, without port and trailing dot; empty when there is none (HTTP/1.0)."""
        self.host_value = b""
        self.length = 0
        """Of the body in bytes, or CHUNKED."""
        self.close = False
        self.upgrade = b""
        """The protocol asked for; only `websocket`, since through h2c unchecked requests could follow."""
        self.agent = b""
        self.accept = b""
        self.tail_of: object = None
        self.tail = b""
        """Kept lines with those of route `tail_of` behind them: the same for each request of a connection."""
        if raw:
            self._read(b"\r\n" + raw.lower())

    def _read(self, lowered: bytes) -> None:
        raw, pieces, start, options = self.raw, [], 0, b""
        host_seen = length_seen = chunked = False
        for found in _NOTABLE.finditer(lowered):
            name, value = found[1], found[2].rstrip(b"\t ")
            if name == b"host":
                if host_seen:
                    raise MalformedRequest("The request has two Host headers.")
                host_seen = True
                self.set_host(value)
                continue
            if name == b"accept":
                self.accept = self.accept + b"," + value if self.accept else value
                continue
            if name == b"user-agent":
                self.agent = raw[found.start(2) - 2 : found.end() - 2].rstrip(b"\t ")
                continue
            if name == b"content-length":
                if length_seen or not _LENGTH.fullmatch(value):
                    raise MalformedRequest("The request has no single, plain Content-Length.")
                length_seen = True
                self.length = int(value)
                continue
            if name == b"transfer-encoding":
                if chunked:
                    raise MalformedRequest("The request has two Transfer-Encoding headers.")
                if value != b"chunked":
                    raise CodingNotSupported("The only transfer coding understood is 'chunked'.")
                chunked = True
                continue
            if name == b"expect":
                if value != b"100-continue":
                    raise ExpectationFailed("The only expectation understood is '100-continue'.")
                continue
            if name == b"connection":
                options = options + b"," + value if options else value
            elif name == b"upgrade":
                self.upgrade = value if value == b"websocket" else b""
            # The line break put in front makes positions of line breaks in `lowered` those of lines in `raw`.
            pieces.append(raw[start : found.start()])
            start = found.end()
        if chunked:
            if length_seen:
                raise MalformedRequest("The request has both Content-Length and Transfer-Encoding.")
            self.length = CHUNKED
        if pieces:
            pieces.append(raw[start:])
            self.kept = b"".join(pieces)
        if options:
            self._apply(options)
        else:
            self.upgrade = b""

    def _apply(self, options: bytes) -> None:
        named = {option.strip() for option in options.split(b",")}
        self.close = b"close" in named
        if b"upgrade" not in named:
            self.upgrade = b""
        dropped = named - _CONNECTION_OPTIONS - _NEVER_DROPPED
        if dropped:
            lines = self.kept.split(b"\r\n")
            self.kept = b"\r\n".join(
                line for line in lines if line.partition(b":")[0].lower() not in dropped or not line
            )

    def set_host(self, value: bytes) -> None:
        lowered = value.lower()
        found = _HOST.fullmatch(lowered)
        if found is None:
            raise MalformedRequest("The Host header is not a host name.")
        self.host_value = lowered
        self.host = found[1].decode("ascii").removesuffix(".")


def absolute_target(target: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Return the origin form of a target that does not begin with `/`, and headers with its host.

    Raises MalformedRequest for what a gateway has no use for (CONNECT's authority form).
    """
    if target == b"*":
        return target, headers
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise MalformedRequest("The request target is neither a path nor a URL.")
    lines = [
        line for line in headers.raw.split(b"\r\n") if line.partition(b":")[0].lower() != b"host" and line
    ]
    path = found[2] or b""
    own = Headers(b"".join(line + b"\r\n" for line in [b"Host: " + found[1], *lines]))
    return (path if path.startswith(b"/") else b"/" + path), own


def refusal(buffer: bytes, limit: int) -> MalformedRequest | None:
    """Say why `match_head` did not match, or None when the head is only not complete yet."""
    end = buffer.find(b"\r\n\r\n")
    if len(buffer) > limit and (end < 0 or end > limit):
        return HeadTooLarge(f"The request head is longer than {limit} bytes.")
    if end < 0:
        if _BARE_BREAK.search(buffer):
            return MalformedRequest("A line of the request head does not end with CR LF.")
        if b"\0" in buffer:
            return MalformedRequest("The request head has a NUL byte.")
        return None
    if _OTHER_VERSION.match(buffer):
        return VersionNotSupported("Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    return MalformedRequest("The request line or a header line is malformed.")
