"""Keep how the platform gets at a capsule's repository: a token, a deploy key, a team's connection.

Values are encrypted and never read back, except by git itself.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.build.sources.access import GitAccess
from capsule.control.delivery.sources.hooks.signatures import new_secret
from capsule.control.delivery.sources.keys import DeployKeys, KeyPair, make_key_pair
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.errors import InvalidInput, NotFound
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Capsule, SourceAccess
from capsule.paths import DataPaths

MAX_TOKEN = 4000


class ConnectionNotFound(NotFound):
    code = "git_connection_not_found"


class InvalidToken(InvalidInput):
    code, title = "invalid_token", "Invalid token"


class SourceService:
    """Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, box: SecretBox) -> None:
        self._db_session = db_session
        self._repository = SourceRepository(db_session)
        self._box = box

    async def access_of(self, capsule: Capsule) -> SourceAccess:
        """Return the capsule's row, made when there is none."""
        found = await self._repository.access_of(capsule.id)
        if found is None:
            found = SourceAccess(
                id=new_id("sac"),
                team_id=capsule.team_id,
                capsule_id=capsule.id,
                webhook_secret="",
                created_at=now(),
            )
            self._db_session.add(found)
            await self._db_session.flush()
        return found

    async def set_token(self, capsule: Capsule, token: str) -> None:
        """Keep an access token; an empty one forgets it."""
        check_token(token)
        access = await self.access_of(capsule)
        access.token = self._box.encrypt(token, context=_context(capsule.id, "token")) if token else None

    async def set_connection(self, capsule: Capsule, connection_id: str) -> None:
        """Use the token of the team's connection; an empty id uses none. Raises ConnectionNotFound."""
        access = await self.access_of(capsule)
        if connection_id and await self._repository.connection(connection_id, capsule.team_id) is None:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'.", field="connection_id")
        access.connection_id = connection_id or None

    async def make_deploy_key(self, capsule: Capsule) -> SourceAccess:
        """Make a new key; what the old one opened stays closed until the new one is put there."""
        access = await self.access_of(capsule)
        self._put_key(access, make_key_pair(f"capsule-{capsule.slug}"))
        await self._db_session.flush()
        return access

    async def take_deploy_key(self, capsule: Capsule, key_id: str) -> None:
        """Use a key that was made before the capsule. Raises DeployKeyNotFound."""
        access = await self.access_of(capsule)
        self._put_key(access, await DeployKeys(self._db_session, self._box).take(key_id, capsule.team_id))

    async def make_webhook_secret(self, capsule: Capsule) -> str:
        """Return a new secret, which is shown this once; webhooks with the old one are refused."""
        access = await self.access_of(capsule)
        secret = new_secret()
        access.webhook_secret = self._box.encrypt(secret, context=_context(capsule.id, "webhook"))
        await self._db_session.flush()
        return secret

    async def webhook_set_up(self, capsule: Capsule, secret: str, *, provider: str, sentence: str) -> None:
        """Note how putting the webhook into the repository went; an empty secret: it did not."""
        access = await self.access_of(capsule)
        if secret:
            access.webhook_secret = self._box.encrypt(secret, context=_context(capsule.id, "webhook"))
        kept = access.last_hook or {}
        outcome = "answered" if secret else "refused"
        access.last_hook = {
            **kept,
            "provider": provider,
            "event": "setup",
            "outcome": outcome,
            "sentence": sentence,
        }

    def webhook_secret(self, access: SourceAccess) -> str:
        """Return what webhooks are signed with; empty before one was made."""
        if not access.webhook_secret:
            return ""
        return self._box.decrypt(access.webhook_secret, context=_context(access.capsule_id, "webhook"))

    async def given(self, capsule: Capsule, paths: DataPaths) -> tuple[GitAccess, str]:
        """Return the token and key that the capsule has of its own, and the id of its connection.

        A preview uses its parent's. The connection is empty where there is none, or a token goes before it.
        """
        owner = capsule.parent_id or capsule.id
        known_hosts = paths.known_hosts(owner)
        access = await self._repository.access_of(owner)
        if access is None:
            return GitAccess(known_hosts=known_hosts), ""
        key = (
            self._box.decrypt(access.private_key, context=_context(owner, "key"))
            if access.private_key
            else ""
        )
        token = self._box.decrypt(access.token, context=_context(owner, "token")) if access.token else ""
        own = GitAccess(token=token, private_key=key, known_hosts=known_hosts)
        return own, "" if token else access.connection_id or ""

    def _put_key(self, access: SourceAccess, pair: KeyPair) -> None:
        access.private_key = self._box.encrypt(pair.private, context=_context(access.capsule_id, "key"))
        access.public_key = pair.public


def check_token(token: str) -> None:
    """Raise InvalidToken for what no header can carry."""
    if len(token) > MAX_TOKEN or any(not (33 <= ord(character) <= 126) for character in token):
        raise InvalidToken(
            "The token cannot be used; tokens have no blanks.", hint="Copy it again.", field="token"
        )


def connection_context(connection_id: str) -> str:
    return f"git_connection:{connection_id}"


def _context(capsule_id: str, what: str) -> str:
    return f"source:{capsule_id}:{what}"
