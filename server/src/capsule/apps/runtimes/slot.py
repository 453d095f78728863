"""One user of one app: the runtime there is or was, and the figures that people see of it."""

import time
from dataclasses import dataclass

from capsule.apps.contract import HostedRuntime, RuntimeState
from capsule.apps.runtimes.runtime import RuntimeLink


@dataclass
class Slot:
    user_id: str
    email: str | None = None
    runtime_id: str = ""
    """Of the runtime there is, or was last."""
    release: str = ""
    link: RuntimeLink | None = None
    """While warm."""
    is_waking: bool = False
    wakes: int = 0
    wake_seconds: float | None = None
    woken_at: float | None = None
    used_at: float | None = None
    last_end: str = ""

    @property
    def state(self) -> RuntimeState:
        if self.is_waking:
            return RuntimeState.waking
        return RuntimeState.warm if self.link is not None else RuntimeState.cold

    @property
    def turns(self) -> int:
        return len(self.link.turns) if self.link is not None else 0

    def idle_seconds(self) -> float:
        """Return since when a warm runtime has had nothing to do; 0 while it has."""
        if self.link is None or self.turns:
            return 0.0
        return time.time() - max(self.used_at or 0.0, self.woken_at or 0.0)

    def describe(self, memory_bytes: int | None) -> HostedRuntime:
        return HostedRuntime(
            user_id=self.user_id,
            email=self.email,
            state=self.state,
            release=self.release,
            turns=self.turns,
            memory_bytes=memory_bytes,
            wakes=self.wakes,
            wake_seconds=self.wake_seconds,
            woken_at=self.woken_at,
            used_at=self.used_at,
            last_end=self.last_end,
        )
