"""What the reconcile loops work with: the contracts and values they are given. Opens nothing."""

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from capsule.apps.contract import AppHost
from capsule.build.contract import BuildLimits
from capsule.build.pipeline import Pipeline
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.changes import Changes
from capsule.control.events import Events
from capsule.control.site import Site
from capsule.db import Database
from capsule.edge.contract import Edge
from capsule.engines.contract import Engine, Limits
from capsule.errors import PlatformError, Unavailable
from capsule.kit.crypto import SecretBox
from capsule.paths import DataPaths

T = TypeVar("T")


@dataclass(frozen=True)
class Pace:
    """How long things may take, in seconds."""

    answer: float = 60.0
    """A new replica has to answer within."""
    silent: float = 10.0
    """A deployment waits for so long before it says what for."""
    drain: float = 30.0
    """Running requests and turns get to finish on a replica that is replaced."""
    patience: float = 30.0
    """How long another process of the platform may be away before work that needs it fails."""
    heartbeat: float = 20.0
    """A serve ends when its developer's machine was silent for so long."""


class CapsuleLocks:
    """One lock per capsule and environment: whoever moves its traffic holds it."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, key: str) -> asyncio.Lock:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock


@dataclass(frozen=True)
class Platform:
    database: Database
    paths: DataPaths
    box: SecretBox
    engine: Engine
    edge: Edge
    apps: AppHost
    pipeline: Pipeline
    changes: Changes
    site: Site = field(default_factory=Site)
    pace: Pace = Pace()
    container_disk: int = Limits().disk
    """MiB that a container may write beside its filesystems."""
    builds_at_once: int = 2
    build_limits: BuildLimits = field(default_factory=BuildLimits)
    git: GitOptions = field(default_factory=GitOptions)
    events: Events = field(default_factory=Events)
    locks: CapsuleLocks = field(default_factory=CapsuleLocks)
    draining: set[str] = field(default_factory=set)
    """Replicas whose last requests a deployment of this process waits for; it alone takes them down."""

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what `call` returns, trying again while the process it needs is away (being restarted)."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self.pace.patience
        while True:
            try:
                return await call()
            except Unavailable as exc:
                if not is_away(exc) or loop.time() >= give_up_at:
                    raise
            await asyncio.sleep(0.3)


def is_away(exc: PlatformError) -> bool:
    """Tell a process that cannot be reached from one that answered `no` with a retryable error."""
    return exc.code == Unavailable.code
