"""Links by which a file can be fetched without a cookie: for one file of one app, for seven days."""

import hashlib
import hmac
import time
from pathlib import Path

from capsule.apps.files.errors import LinkRefused
from capsule.kit.durable import load_key

LINK_SECONDS = 7 * 24 * 3600


class FileSigner:
    """Writes and reads the query of such links. The key lies outside the database."""

    def __init__(self, key_file: Path) -> None:
        self._key = load_key(key_file)

    def query(self, app: str, file_id: str, *, now: float | None = None) -> str:
        """Return `expires=…&signature=…` for a file of `app` (as `<capsule id>:<environment>`)."""
        expires = str(int(time.time() if now is None else now) + LINK_SECONDS)
        return f"expires={expires}&signature={self._signature(app, file_id, expires)}"

    def check(
        self, app: str, file_id: str, expires: str, signature: str, *, now: float | None = None
    ) -> None:
        """Raise LinkRefused unless the link was made here, for this file, and has not expired."""
        expected = self._signature(app, file_id, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
            raise LinkRefused(
                "This link is not one of this app's.", hint="Open the file from its conversation."
            )
        if int(expires) < (time.time() if now is None else now):
            raise LinkRefused("This link has expired.", hint="Open the file from its conversation.")

    def _signature(self, app: str, file_id: str, expires: str) -> str:
        text = "\n".join((app, file_id, expires))
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).hexdigest()
