"""Let somebody who is signed in to the console into an app as themselves, though its host has other cookies.

The server writes a ticket, the browser carries it to the app's own host, the app host turns it into a cookie.
A ticket is for one app, lives for a minute and is written with a key that only the platform has.
"""

from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer

from capsule.errors import Unauthenticated
from capsule.kit.durable import load_key

_SECONDS = 60
ENTER_PATH = "/api/enter"


class TicketRefused(Unauthenticated):
    code, title = "ticket_refused", "Open the app again"


class Tickets:
    def __init__(self, key_file: Path) -> None:
        self._key = load_key(key_file)

    def issue(self, route: str, user_id: str, email: str) -> str:
        """Return a ticket for the app at `route` (as in `X-Capsule-Route`)."""
        return str(self._serializer(route).dumps([user_id, email]))

    def read(self, route: str, ticket: str) -> tuple[str, str]:
        """Return the user's id and e-mail. Raises TicketRefused."""
        try:
            user_id, email = self._serializer(route).loads(ticket, max_age=_SECONDS)
        except (BadSignature, ValueError, TypeError) as exc:
            raise TicketRefused(
                "This link has expired or is for another app.", hint="Open the app from the console again."
            ) from exc
        return str(user_id), str(email)

    def _serializer(self, route: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt=f"ticket:{route}")
