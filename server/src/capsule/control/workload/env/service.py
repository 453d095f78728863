"""Environment variables of a capsule: the user's own and the platform's.

The platform's are `APP_URL` (host name without scheme), `PORT` (given by the node at each start) and, for
agents, `INTERNAL_API_KEY` (made once). They cannot be edited.
"""

import re
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.site import Site
from capsule.control.workload.env.repository import EnvRepository
from capsule.errors import InvalidInput
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Capsule, EnvVariable

MAX_VALUE_BYTES = 32 * 1024
MAX_TOTAL_BYTES = 256 * 1024
MAX_VARIABLES = 500
SYSTEM_KEYS = frozenset({"APP_URL", "PORT", "INTERNAL_API_KEY"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_PORT_LATER = "given at each start"


class InvalidVariable(InvalidInput):
    code, title = "invalid_variable", "Invalid environment variable"


class ReservedVariable(InvalidVariable):
    code = "reserved_variable"


@dataclass(frozen=True)
class Variable:
    key: str
    value: str
    set_by: Literal["user", "system"]


class EnvService:
    """Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, box: SecretBox, site: Site) -> None:
        self._db_session = db_session
        self._repository = EnvRepository(db_session)
        self._box = box
        self._site = site

    async def listed(self, capsule: Capsule) -> list[Variable]:
        """Return all variables as people see them, sorted by key."""
        rows = [
            Variable(row.key, self._decrypt(row), "system" if row.set_by == "system" else "user")
            for row in await self._repository.of_capsule(capsule.id)
        ]
        if capsule.type != "storage":
            host = self._site.authority(self._site.host(capsule.slug))
            rows += [Variable("APP_URL", host, "system"), Variable("PORT", _PORT_LATER, "system")]
        return sorted(rows, key=lambda variable: variable.key)

    async def environment(self, capsule: Capsule) -> dict[str, str]:
        """Return what a replica gets, decrypted; `PORT` is added by the engine."""
        return {item.key: item.value for item in await self.listed(capsule) if item.key != "PORT"}

    async def build_environment(self, capsule: Capsule) -> dict[str, str]:
        """Return what a build gets: what the user set, and the address, which sites know from their build."""
        return {
            item.key: item.value
            for item in await self.listed(capsule)
            if item.set_by == "user" or item.key == "APP_URL"
        }

    async def replace(self, capsule: Capsule, wanted: Mapping[str, str]) -> bool:
        """Make the user's list exactly `wanted`. Returns whether anything changed."""
        rows = {row.key: row for row in await self._repository.of_capsule(capsule.id) if row.set_by == "user"}
        return await self._apply(capsule, wanted, unset=set(rows) - set(wanted))

    async def change(self, capsule: Capsule, wanted: Mapping[str, str], unset: Set[str]) -> bool:
        """Set some and drop some. Returns whether anything changed."""
        for key in unset & SYSTEM_KEYS:
            raise ReservedVariable(f"'{key}' is set by the platform.", field="unset")
        return await self._apply(capsule, wanted, unset=unset)

    async def make_system_variables(self, capsule: Capsule) -> None:
        """Make what a new capsule of this type is born with."""
        if capsule.type == "agent":
            self._add(capsule, "INTERNAL_API_KEY", secrets.token_urlsafe(32), set_by="system")
            await self._db_session.flush()

    async def _apply(self, capsule: Capsule, wanted: Mapping[str, str], *, unset: Set[str]) -> bool:
        for key, value in wanted.items():
            _check(key, value)
        rows = {row.key: row for row in await self._repository.of_capsule(capsule.id) if row.set_by == "user"}
        before = {key: self._decrypt(row) for key, row in rows.items()}
        after = {key: value for key, value in before.items() if key not in unset} | dict(wanted)
        _check_size(after)
        for key in before.keys() - after.keys():
            await self._db_session.delete(rows[key])
        for key, value in after.items():
            if key not in before:
                self._add(capsule, key, value, set_by="user")
            elif before[key] != value:
                rows[key].ciphertext = self._box.encrypt(value, context=_context(capsule.id, key))
        await self._db_session.flush()
        return after != before

    def _add(self, capsule: Capsule, key: str, value: str, *, set_by: str) -> None:
        variable = EnvVariable(
            id=new_id("env"),
            team_id=capsule.team_id,
            capsule_id=capsule.id,
            key=key,
            ciphertext=self._box.encrypt(value, context=_context(capsule.id, key)),
            set_by=set_by,
            created_at=now(),
        )
        self._db_session.add(variable)

    def _decrypt(self, row: EnvVariable) -> str:
        return self._box.decrypt(row.ciphertext, context=_context(row.capsule_id, row.key))


def _check(key: str, value: str) -> None:
    if not _KEY.fullmatch(key):
        raise InvalidVariable(
            f"'{key[:60]}' cannot be the name of an environment variable.",
            hint="Letters, digits and '_', not beginning with a digit; at most 200.",
            field="key",
        )
    if key in SYSTEM_KEYS:
        raise ReservedVariable(
            f"'{key}' is set by the platform.", hint="Leave it out; it is always there.", field="key"
        )
    if "\0" in value or len(value.encode()) > MAX_VALUE_BYTES:
        raise InvalidVariable(
            f"The value of '{key}' cannot be kept.",
            hint=f"At most {MAX_VALUE_BYTES} bytes, and no zero byte.",
            field=key,
        )


def _check_size(variables: Mapping[str, str]) -> None:
    total = sum(len(key) + len(value.encode()) for key, value in variables.items())
    if len(variables) > MAX_VARIABLES or total > MAX_TOTAL_BYTES:
        raise InvalidVariable(
            "These are too many environment variables.",
            hint=f"At most {MAX_VARIABLES}, and {MAX_TOTAL_BYTES} bytes together.",
        )


def _context(capsule_id: str, key: str) -> str:
    return f"env:{capsule_id}:{key}"
