"""One replica of an app as the app host sees it: order runtimes there, connect to them, end them.

Knows the engine and the runtimes' connections; who has a runtime and for how long is up to `pool`.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from capsule.apps.contract import HostedApp, RuntimeUnready, owner_prefix
from capsule.apps.runtimes.runtime import Answerer, Loss, Room, RuntimeLink, connect
from capsule.apps.runtimes.tokens import RuntimeIdentity, RuntimeTokens
from capsule.engines.contract import (
    Engine,
    ReplicaNotFound,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.errors import PlatformError, Unavailable

log = logging.getLogger(__name__)

LOST = "The app stopped in the middle of its answer. Send your message again."

_RETRY_SECONDS = 0.1
_RETRIES = 20
_GRACE_SECONDS = 10.0
_EXPLAIN_SECONDS = 3.0


def owner_of(capsule_id: str, environment: str, user_id: str) -> str:
    """Return the key of a user's private files; tells nothing of the user."""
    digest = hashlib.sha256(user_id.encode()).hexdigest()[:32]
    return f"{owner_prefix(capsule_id, environment)}/{digest}"


class RuntimeSource:
    def __init__(
        self, app: HostedApp, engine: Engine, tokens: RuntimeTokens, room: Room, answerer: Answerer
    ) -> None:
        assert app.replica_id is not None
        self.app = app
        self.replica_id = app.replica_id
        self._engine = engine
        self._tokens = tokens
        self._room = room
        self._answerer = answerer

    async def ready(self) -> ZygoteStatus:
        return await self._engine.ready(self.replica_id)

    async def living(self) -> Sequence[RuntimeStatus]:
        return await self._engine.runtimes(self.replica_id)

    async def wake(self, user_id: str, runtime_id: str) -> RuntimeStatus:
        app = self.app
        env = {"CAPSULE_RUNNER_TOKEN": self._tokens.issue(self._identity(user_id, runtime_id))}
        owner = owner_of(app.capsule_id, app.environment, user_id)
        return await self._engine.wake(RuntimeSpec(runtime_id, self.replica_id, owner, env))

    async def connect(self, runtime: RuntimeStatus, seconds: float) -> tuple[RuntimeLink, str]:
        """Wait for `boot` and return the link, and the user whom the runtime's token names.

        The token must name the very runtime that shows it: one that somebody else let go of is worth nothing.
        Raises RuntimeUnready.
        """
        path = Path(runtime.address.removeprefix("unix:"))
        link, token = await connect(path, self.app.release, seconds, self._room, self._answerer)
        try:
            identity = self._tokens.read(token)
            if identity != self._identity(identity.user_id, runtime.id):
                raise RuntimeUnready("Another runtime answered than the one that was woken.")
        except RuntimeUnready:
            await link.close()
            raise
        link.runtime_id, link.user_id = runtime.id, identity.user_id
        return link, identity.user_id

    async def delete_files(self, user_id: str) -> None:
        await self._engine.delete_files(owner_of(self.app.capsule_id, self.app.environment, user_id))

    async def end(self, runtime_id: str, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        """Have a runtime ended, whether or not there is one of that id."""
        for _ in range(_RETRIES):
            try:
                await self._engine.stop_runtime(self.replica_id, runtime_id, grace_seconds=grace_seconds)
                return
            except Unavailable:  # the node agent is away for a moment
                await asyncio.sleep(_RETRY_SECONDS)
            except (ReplicaNotFound, RuntimeFailed):
                return
            except PlatformError as exc:
                log.warning("runtime %s cannot be ended: %s", runtime_id, exc.detail)
                return

    async def explain(self, runtime_id: str) -> Loss:
        """Return why a runtime ended."""
        try:
            async with asyncio.timeout(_EXPLAIN_SECONDS):
                status = await self._engine.wait_runtime(self.replica_id, runtime_id)
        except (TimeoutError, PlatformError):
            return Loss(LOST, may_try_again=True)
        if status.end is not None and status.end.out_of_memory:
            return Loss(
                f"The app ran out of memory here ({self.app.memory} MiB) and was stopped. "
                "Send your message again, with less to do at once.",
                may_try_again=False,
            )
        if status.end_reason:
            # Over a limit: it would be again.
            return Loss(f"The app was stopped: {status.end_reason}", may_try_again=False)
        return Loss(LOST, may_try_again=True)

    def _identity(self, user_id: str, runtime_id: str) -> RuntimeIdentity:
        return RuntimeIdentity(self.app.capsule_id, self.app.environment, user_id, runtime_id)
