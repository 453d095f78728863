"""Remember the runtimes of a replica across restarts of the node agent, one small file each."""

import contextlib
from pathlib import Path

import msgspec

from capsule.engines.contract import RuntimeSpec
from capsule.engines.process import tree
from capsule.engines.process.runtime import Runtime


class RuntimeNote(msgspec.Struct):
    spec: RuntimeSpec
    pid: int
    started: int
    """Clock ticks since boot; with the boot's id, proof that a pid is still the same process."""
    boot: str
    address: str
    is_forked: bool

    @classmethod
    def of(cls, runtime: Runtime) -> "RuntimeNote":
        status = runtime.status()
        # The environment holds the runtime's token and is not needed again.
        spec = RuntimeSpec(runtime.spec.id, runtime.spec.replica_id, runtime.spec.owner)
        started = tree.start_time(runtime.pid) or 0
        return cls(spec, runtime.pid, started, tree.boot_id(), status.address, status.is_forked)


class RuntimeNotes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, note: RuntimeNote) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{note.spec.id}.json"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(note))
        fresh.replace(path)

    def remove(self, runtime_id: str) -> None:
        (self._folder / f"{runtime_id}.json").unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget all: none of them can be alive."""
        for path in self._folder.glob("*.*"):
            path.unlink(missing_ok=True)

    def load(self) -> list[RuntimeNote]:
        """Return those that still live; forget the others."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
                note = msgspec.json.decode(path.read_bytes(), type=RuntimeNote)
                if note.boot == tree.boot_id() and tree.start_time(note.pid) == note.started:
                    found.append(note)
                    continue
            path.unlink(missing_ok=True)
        return found
