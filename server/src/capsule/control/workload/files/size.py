"""How much a storage capsule may hold and holds. Knows no HTTP."""

from dataclasses import dataclass

from capsule.errors import PlatformError
from capsule.kit.diskuse import measure
from capsule.kit.durable import write_durably
from capsule.models import Capsule
from capsule.paths import DataPaths

DEFAULT_SIZE = 10 * 1024
"""MiB."""
_MIB = 1024 * 1024
_NO_LIMIT = 1 << 62


class StorageFull(PlatformError):
    code, title, status = "storage_full", "Filesystem is full", 507


@dataclass(frozen=True)
class Usage:
    """Bytes."""

    used: int
    size: int

    @property
    def left(self) -> int:
        return max(0, self.size - self.used)


def size_mb(capsule: Capsule) -> int:
    """Return the MiB that a storage capsule may hold."""
    return int(capsule.config.get("size") or DEFAULT_SIZE)


def usage(paths: DataPaths, capsule: Capsule) -> Usage:
    """Count what a storage capsule holds. Blocks, for the longer the more files there are."""
    used = measure(paths.storage(capsule.id), _NO_LIMIT, _NO_LIMIT).bytes
    return Usage(used, size_mb(capsule) * _MIB)


def write_size(paths: DataPaths, capsule: Capsule) -> None:
    """Tell those who watch over what replicas write."""
    file, text = paths.storage_size(capsule.id), str(size_mb(capsule))
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        write_durably(file, text.encode())


def full(capsule: Capsule) -> StorageFull:
    return StorageFull(
        f"The filesystem '{capsule.name}' would be over its size of {size_mb(capsule)} MiB.",
        hint=f"Delete files, or: capsule fs resize {capsule.name} SIZE",
    )
