"""Put together what people see of an app's runtimes. Changes nothing."""

from collections.abc import Mapping, Sequence

from capsule.apps.contract import HostedApp, RuntimeReport, RuntimeState
from capsule.apps.runtimes.pool import RuntimePool
from capsule.apps.runtimes.slot import Slot
from capsule.engines.contract import Engine
from capsule.errors import PlatformError

_ORDER = {RuntimeState.waking: 0, RuntimeState.warm: 1, RuntimeState.cold: 2}
_AT_MOST = 5000


async def report(
    app: HostedApp,
    engine: Engine,
    pool: RuntimePool | None,
    slots: Mapping[str, Slot],
    wake_times: Sequence[float],
) -> RuntimeReport:
    memory: dict[str, int | None] = {}
    shared = None
    if pool is not None:
        try:
            memory = {
                item.id: item.memory_bytes
                for item in await engine.runtimes(pool.source.replica_id, measure=True)
            }
            shared = (await engine.ready(pool.source.replica_id)).memory_bytes
        except PlatformError:
            pass  # the node agent is away; the rest can still be told
    shown = sorted(slots.values(), key=lambda slot: (_ORDER[slot.state], -(slot.used_at or 0.0)))
    return RuntimeReport(
        capsule_id=app.capsule_id,
        environment=app.environment,
        runtimes=tuple(
            slot.describe(memory.get(slot.runtime_id) if slot.state is not RuntimeState.cold else None)
            for slot in shown[:_AT_MOST]
        ),
        keep_warm_seconds=app.keep_warm_seconds,
        wake_p50_seconds=_percentile(wake_times, 0.50),
        wake_p95_seconds=_percentile(wake_times, 0.95),
        shared_bytes=shared,
        is_forked=pool.is_forked if pool is not None else True,
        notices=pool.notices if pool is not None else (),
    )


def _percentile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
