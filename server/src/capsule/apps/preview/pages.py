"""Lead what an HTML page asks for from the root of its host (`/static/x.js`) into the preview.

A sandboxed page sends no referrer, so nobody could tell later where such a request belongs. What a script
asks for while it runs is led by `shim.js`, which each page loads first.
"""

import re

from capsule.apps.preview.address import ROOT, PreviewAddress

SHIM = f"{ROOT}.js"

_LONGEST_TAG = 64 * 1024
# Pages are anything: each of these takes a time that grows with the text and not with its square.
_TAG = re.compile(rb"<!--(?:(?!<!--).)*?-->|<([a-zA-Z][^\s/<>]*+)[^<>]*+>", re.DOTALL)
_ATTRIBUTE = re.compile(
    rb"(\s(?:src|href|action|formaction|poster|data)\s*=\s*[\"']?)(/(?!/))", re.IGNORECASE
)
_SRCSET = re.compile(rb"(\s(?:image)?srcset\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_CANDIDATE = re.compile(rb"((?:^[\"']|,)\s*)(/(?!/))")
_IMPORT = re.compile(rb"(\b(?:from|import)\s*+(?:\(\s*+)?[\"'])(/(?!/))")


class PageRewriter:
    """Takes in a page piece by piece. Its encoding is one in which ASCII is ASCII."""

    def __init__(self, address: PreviewAddress) -> None:
        self._prefix = address.prefix.encode()
        self._rest = b""
        self._has_shim = False

    def feed(self, piece: bytes) -> bytes:
        """Return what is complete; a tag that has begun waits for its end."""
        text = self._rest + piece
        begun = text.rfind(b"<")
        if begun < 0 or b">" in text[begun:] or len(text) - begun > _LONGEST_TAG:
            begun = len(text)
        self._rest = text[begun:]
        return self._rewrite(text[:begun])

    def finish(self) -> bytes:
        rest, self._rest = self._rest, b""
        return self._rewrite(rest)

    def _rewrite(self, text: bytes) -> bytes:
        return _IMPORT.sub(self._lead, _TAG.sub(self._tag, text))

    def _tag(self, found: "re.Match[bytes]") -> bytes:
        name = found[1]
        if name is None:
            return found[0]
        tag = _ATTRIBUTE.sub(self._lead, found[0])
        tag = _SRCSET.sub(lambda item: item[1] + _CANDIDATE.sub(self._lead, item[2]), tag)
        if self._has_shim or name.lower() == b"html":
            return tag
        self._has_shim = True
        shim = f'<script src="{SHIM}"></script>'.encode()
        return tag + shim if name.lower() == b"head" else shim + tag

    def _lead(self, found: "re.Match[bytes]") -> bytes:
        return found[1] + self._prefix + found[2]


def can_rewrite(status: int, headers: list[tuple[bytes, bytes]]) -> bool:
    found = dict(headers)
    kind = found.get(b"content-type", b"").lower()
    return (
        kind.startswith((b"text/html", b"application/xhtml"))
        and b"utf-16" not in kind
        and found.get(b"content-encoding", b"identity") == b"identity"
        and status not in (204, 206, 304)
    )
