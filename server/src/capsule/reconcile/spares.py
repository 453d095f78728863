"""A replica of each serve started ahead, without the app: the next change only has to load it."""

import logging

from capsule.engines.contract import Phase, ReplicaSpec, ReplicaStatus
from capsule.errors import PlatformError
from capsule.reconcile.platform import Platform

log = logging.getLogger(__name__)


class Spares:
    """What is ready to be taken, by serve; another process of the server does not know of it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._ready: dict[str, ReplicaSpec] = {}

    def __contains__(self, serve_id: str) -> bool:
        return serve_id in self._ready

    async def start(self, serve_id: str, spec: ReplicaSpec) -> None:
        """Start it. Raises PlatformError."""
        await self._platform.engine.start(spec)
        self._ready[serve_id] = spec

    async def take(self, serve_id: str) -> tuple[ReplicaSpec, ReplicaStatus] | None:
        """Return the one that runs, for one use; None when there is none."""
        spec = self._ready.pop(serve_id, None)
        if spec is None:
            return None
        try:
            status = await self._platform.engine.inspect(spec.id)
        except PlatformError as exc:
            log.info("the spare %s is not used: %s", spec.id, exc.detail)
            return None
        if status.phase is not Phase.running:
            log.info("the spare %s is not used: it is %s", spec.id, status.phase)
            return None
        return spec, status

    def forget(self, serve_id: str) -> None:
        self._ready.pop(serve_id, None)
