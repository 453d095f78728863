"""Addresses of previews: `/_capsule/preview/<token>/<port>/<path>`."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

ROOT = "/_capsule/preview"

_ADDRESS = re.compile(r"/_capsule/preview/([A-Za-z0-9_.\-]{1,2000})/(\d{1,5})(?=/|$)")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0")


@dataclass(frozen=True)
class PreviewAddress:
    token: str
    port: int

    @property
    def prefix(self) -> str:
        """Without a slash at its end."""
        return f"{ROOT}/{self.token}/{self.port}"

    def inside(self, location: str) -> str:
        """Return where a page of the port means to lead, as an address of the preview.

        Addresses relative to the page, and those of other hosts, stay as they are.
        """
        if location.startswith("/") and not location.startswith("//"):
            return self.prefix + location
        try:
            parts = urlsplit(location)
            is_own = parts.scheme in ("", "http") and parts.hostname in _LOOPBACK and parts.port == self.port
        except ValueError:
            return location
        if not is_own:
            return location
        rest = parts._replace(scheme="", netloc="").geturl()
        return self.prefix + (rest if rest.startswith("/") else f"/{rest}")


def read_address(path: str) -> tuple[PreviewAddress, str] | None:
    """Split a raw path into a preview's address and the path there ("" without a slash).

    None for any other path.
    """
    found = _ADDRESS.match(path)
    if found is None or not 0 < int(found[2]) < 65536:
        return None
    return PreviewAddress(found[1], int(found[2])), path[found.end() :]
