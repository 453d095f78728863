"""The signed part of a preview's address: whose runtime it shows, for which session, for half a day."""

from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from capsule.apps.preview.errors import PreviewRefused
from capsule.kit.durable import load_key

_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Grant:
    user_id: str
    session_id: str


class PreviewTokens:
    def __init__(self, key_file: Path) -> None:
        self._key = load_key(key_file)

    def issue(self, route: str, grant: Grant) -> str:
        """Return a token for the app at `route` (as in `X-Capsule-Route`)."""
        return str(self._serializer(route).dumps([grant.user_id, grant.session_id]))

    def read(self, route: str, token: str) -> Grant:
        """Raises PreviewRefused."""
        try:
            user_id, session_id = self._serializer(route).loads(token, max_age=_SECONDS)
        except SignatureExpired as exc:
            raise PreviewRefused(
                "This preview's address has expired.", hint="Open the preview again in the chat."
            ) from exc
        except (BadSignature, ValueError, TypeError) as exc:
            raise PreviewRefused(
                "This is not the address of a preview of this app.", hint="Open the preview in the chat."
            ) from exc
        return Grant(str(user_id), str(session_id))

    def _serializer(self, route: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt=f"preview:{route}")
