"""Read what the daemon measures of a container."""

from collections.abc import Mapping
from typing import Any

from capsule.engines.contract import ReplicaStats


def read_stats(replica_id: str, answer: Mapping[str, Any], *, helpers: int) -> ReplicaStats:
    """`helpers`: processes that are not the image's own. Both versions of control groups are understood."""
    cpu = answer.get("cpu_stats") or {}
    memory = answer.get("memory_stats") or {}
    details = memory.get("stats") or {}
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    used = int(memory.get("usage") or 0) - int(cache)
    processes = int((answer.get("pids_stats") or {}).get("current") or 0) - helpers
    return ReplicaStats(
        replica_id,
        cpu_seconds=int((cpu.get("cpu_usage") or {}).get("total_usage") or 0) / 1e9,
        memory_bytes=max(0, used),
        processes=max(0, processes),
        throttled_seconds=int((cpu.get("throttling_data") or {}).get("throttled_time") or 0) / 1e9,
    )
