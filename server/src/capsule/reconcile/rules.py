"""How a release becomes live, read from its configuration. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from capsule.control.delivery.releases.service import processes_of
from capsule.models import Capsule, Release

ONE_AT_A_TIME = frozenset({"clock"})
"""Process types that must never run twice: the old one ends before the new one starts."""

_STEADY_SECONDS = 2.0
_WATCH_SECONDS = 120.0


@dataclass(frozen=True)
class Canary:
    share: float
    """Between 0 and 1."""
    seconds: float


@dataclass(frozen=True)
class Rules:
    replicas: Mapping[str, int]
    """Of each process type that the release has."""
    recreates: bool
    probe_path: str | None
    good_below: int
    answer_seconds: float | None
    """None: the installation's own limit."""
    steady_seconds: float
    """So long a process that listens nowhere has to run before it counts as good."""
    canary: Canary | None
    watch_seconds: float

    @property
    def listens(self) -> bool:
        return self.replicas.get("web", 0) > 0


def rules_of(capsule: Capsule, release: Release) -> Rules:
    config = release.config
    scale = config.get("scale") or {}
    health = config.get("health") or {}
    canary = config.get("canary")
    watch = config.get("watch_seconds")
    path = health.get("path") or ""
    is_app = capsule.type == "app"
    return Rules(
        replicas={name: 1 if is_app else int(scale.get(name, 1)) for name in processes_of(config)},
        recreates=config.get("strategy") == "recreate",
        probe_path=path or config.get("probe_path", "/"),
        good_below=400 if path else 500,
        answer_seconds=health.get("timeout_seconds"),
        steady_seconds=min(float(health.get("grace_seconds", _STEADY_SECONDS)), _STEADY_SECONDS),
        canary=Canary(canary["percent"] / 100, canary["seconds"]) if canary and not is_app else None,
        watch_seconds=_WATCH_SECONDS if watch is None else float(watch),
    )
