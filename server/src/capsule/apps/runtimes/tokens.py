"""What a runtime proves itself with: for which app, environment and user it was woken, signed.

The token is worth nothing but to say that: everything a runtime asks for travels over its own connection, and
the app host answers for the user whom the token names, whatever the message says.
"""

from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from capsule.apps.contract import RuntimeUnready
from capsule.kit.durable import load_key

_SALT = "runtime"


@dataclass(frozen=True)
class RuntimeIdentity:
    capsule_id: str
    environment: str
    user_id: str
    runtime_id: str


class RuntimeTokens:
    def __init__(self, key_file: Path) -> None:
        self._serializer = URLSafeSerializer(load_key(key_file), salt=_SALT)

    def issue(self, identity: RuntimeIdentity) -> str:
        claims = [identity.capsule_id, identity.environment, identity.user_id, identity.runtime_id]
        return str(self._serializer.dumps(claims))

    def read(self, token: str) -> RuntimeIdentity:
        """Raises RuntimeUnready for a token that is not ours."""
        try:
            capsule_id, environment, user_id, runtime_id = self._serializer.loads(token)
        except (BadSignature, ValueError, TypeError) as exc:
            raise RuntimeUnready("The runtime has no valid token.") from exc
        return RuntimeIdentity(capsule_id, environment, user_id, runtime_id)
