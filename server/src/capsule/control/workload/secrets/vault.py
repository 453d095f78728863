"""Answer the app host when an app asks for a secret at the moment of use. Values go nowhere else."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.workload.secrets import service
from capsule.db import Database
from capsule.kit.crypto import SecretBox
from capsule.kit.rpc import Handler
from capsule.models import Capsule

log = logging.getLogger(__name__)

ShellValue = Callable[[AsyncSession, SecretBox, str, str], Awaitable[str | None]]
"""Looks up a value that the shell of somebody who serves a capsule exports: capsule's id, name."""


class SpaceVault:
    """Implements `apps.contract.Vault` in the server's own process."""

    def __init__(self, database: Database, box: SecretBox, shell_value: ShellValue) -> None:
        self._database = database
        self._box = box
        self._shell_value = shell_value

    async def secret(self, capsule_id: str, environment: str, name: str) -> str | None:
        """Return a secret of the space that the app is in; None for an app that is removed, too."""
        async with self._database.reading() as db_session:
            app = await db_session.get(Capsule, capsule_id)
            value = None
            if app is not None and app.type == "app" and app.removed_at is None:
                if environment == "serve":
                    value = await self._shell_value(db_session, self._box, app.id, name)
                if value is None:
                    value = await service.value(db_session, self._box, app.space_id, name)
        found = "was given" if value is not None else "asked in vain for"
        log.info("app %s (%s) %s secret %.200r", capsule_id, environment, found, name)
        return value


def vault_handlers(vault: SpaceVault) -> dict[str, Handler]:
    """Return what the platform's other processes may call on the control socket."""

    async def secret(params: dict[str, Any]) -> str | None:
        return await vault.secret(params["capsule_id"], params["environment"], params["name"])

    return {"secret": secret}
