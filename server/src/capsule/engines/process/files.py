"""Lay out a replica's files for one start, and say how its box sees them."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from capsule.engines.contract import MountMissing, ReplicaSpec, ReplicaStartFailed
from capsule.engines.process import copies, private_files
from capsule.engines.process.state import ReplicaFolder
from capsule.paths import DataPaths
from capsule.sandbox.box import Bind, Box, BoxLimits, Overlay
from capsule.sandbox.gate.relay import RESOLV_CONF
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.system_files import machine_env, platform_python

_PLACEHOLDER = re.compile(r"\{(app|deps|run|port|python)\}")


@dataclass(frozen=True)
class Inside:
    """Paths as the replica sees them."""

    app: str
    deps: str
    run: str
    home: str
    tmp: str
    users: str
    """Private files of all users of an app; empty where the replica sees the host's own paths."""

    def user_files(self, folder: Path) -> str:
        """Return where a user's folder of the host appears."""
        return f"{self.users}/{folder.name}" if self.users else str(folder)


def check(spec: ReplicaSpec, machine: Machine) -> None:
    """Raise MountMissing or ReplicaStartFailed for what can be known before anything is made."""
    if not spec.argv:
        raise ReplicaStartFailed(f"Replica {spec.id} has no command.")
    if not Path(spec.artifact).is_dir():
        raise ReplicaStartFailed(f"The files of release {spec.release_id} are gone: {spec.artifact}.")
    for mount in spec.mounts:
        if not os.path.isabs(mount.target):
            raise MountMissing(f"The mount target {mount.target!r} is not an absolute path.")
        if not Path(mount.source).is_dir():
            raise MountMissing(f"Nothing to mount at {mount.target}: {mount.source} does not exist.")
        if machine.walls is Walls.plain and mount.source != mount.target:
            raise MountMissing(
                f"This machine cannot mount anything at {mount.target}.",
                hint="Install bubblewrap and allow user namespaces; see capsule doctor.",
            )


def users_folder(spec: ReplicaSpec, paths: DataPaths) -> Path:
    """Return where the private files of this app's users lie, by environment."""
    return paths.users / f"{spec.capsule_id}.{spec.labels.get('environment', 'deploy')}"


def lay_out(spec: ReplicaSpec, folder: ReplicaFolder, machine: Machine, paths: DataPaths) -> bool:
    """Make a fresh copy of the artifact and empty private folders. Blocks; say whether it is an overlay."""
    uid = machine.uid(spec.identity)
    for path in (folder.app, folder.upper, folder.work, folder.home, folder.tmp, folder.scratch):
        if path.exists():
            private_files.remove(path)
        path.mkdir(parents=True, mode=0o700)
    folder.run.mkdir(mode=0o700, exist_ok=True)
    if spec.runtimes is not None:
        users_folder(spec, paths).mkdir(mode=0o755, parents=True, exist_ok=True)
    for entry in folder.run.iterdir():  # the folder itself stays: others know it by its path
        entry.unlink() if not entry.is_dir() or entry.is_symlink() else private_files.remove(entry)
    lower = Path(spec.artifact, "app")
    # Of an overlay the lower files must not change any more once it is mounted.
    overlay = machine.can_overlay and not spec.loads_when_asked and _can_be_lower(lower, uid)
    if not overlay and lower.is_dir():
        copy = [
            "cp",
            "-R",
            "--preserve=mode,timestamps,links",
            "--reflink=auto",
            f"{lower}/.",
            str(folder.app),
        ]
        done = subprocess.run(copy, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ReplicaStartFailed(
                f"The files of release {spec.release_id} could not be copied: {done.stderr}"
            )
    # bubblewrap goes there as root without power over others' folders; the parent keeps others out.
    for path in (folder.app, folder.upper):
        path.chmod(0o755)
    if machine.drops_to_own_user:
        owned = [folder.upper, folder.home, folder.tmp, folder.run]
        for path in owned:
            os.chown(path, uid, uid)
        for mount in spec.mounts:
            if not mount.read_only and not machine.can_map_owner:
                os.chmod(mount.source, 0o777)
        if not overlay:
            subprocess.run(["chown", "-hR", f"{uid}:{uid}", str(folder.app)], check=True)
    if machine.walls is Walls.plain:
        folder.root.chmod(0o711 if machine.drops_to_own_user else 0o700)
    return overlay


def follow_artifact(spec: ReplicaSpec, folder: ReplicaFolder, machine: Machine) -> None:
    """Bring into the copy of a running replica what has changed in the artifact since. Blocks."""
    owner = machine.uid(spec.identity) if machine.drops_to_own_user else None
    try:
        copies.follow(Path(spec.artifact, "app"), folder.app, owner)
    except OSError as exc:
        raise ReplicaStartFailed(f"The files of release {spec.release_id} cannot be copied: {exc}") from exc


def describe(
    spec: ReplicaSpec,
    folder: ReplicaFolder,
    machine: Machine,
    paths: DataPaths,
    *,
    port: int,
    overlay: bool,
) -> Box:
    """Return the box of a replica whose files are laid out."""
    places = inside(spec, folder, machine)
    values = {
        "app": places.app,
        "deps": places.deps,
        "run": places.run,
        "port": str(port) if port else "",
        "python": platform_python() if spec.platform_files else "python3",
    }
    env = machine_env() | {"PYTHONUNBUFFERED": "1", "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    env |= {name: _fill(value, values) for name, value in spec.env.items()}
    env |= {"HOME": places.home, "TMPDIR": places.tmp, "CAPSULE_REPLICA_ID": spec.id}
    # Inside walls a program sees the memory of the whole machine and may take it for its own.
    env["CAPSULE_MEMORY_MB"] = str(spec.limits.memory)
    if port:
        env["PORT"] = str(port)
    overlays: tuple[Overlay, ...] = ()
    binds: list[Bind] = []
    if machine.walls is not Walls.plain:
        if overlay:
            lower = str(Path(spec.artifact, "app"))
            overlays = (Overlay(lower, str(folder.upper), str(folder.work), str(folder.app), places.app),)
        else:
            binds.append(Bind(str(folder.app), places.app))
        deps = Path(spec.artifact, "deps")
        if deps.is_dir():
            binds.append(Bind(str(deps), places.deps, read_only=True))
        binds += [
            Bind(str(folder.run), places.run),
            Bind(str(folder.home), places.home),
            Bind(str(folder.tmp), places.tmp),
        ]
        if spec.runtimes is not None:
            binds.append(Bind(str(users_folder(spec, paths)), places.users))
        binds += [
            Bind(mount.source, mount.target, mount.read_only, map_owner=not mount.read_only)
            for mount in spec.mounts
        ]
    limits = spec.limits
    return Box(
        argv=tuple(_fill(item, values) for item in spec.argv),
        scratch=str(folder.scratch),
        cwd=places.app,
        identity=spec.identity,
        env=env,
        binds=tuple(binds),
        overlays=overlays,
        limits=BoxLimits(limits.memory * 1024 * 1024, limits.cpu, limits.processes),
        hostname=spec.id.replace("_", "-")[:60],
        home=places.home,
        private_network=spec.runtimes is not None and machine.can_filter_network,
        resolv_conf=RESOLV_CONF if spec.runtimes is not None and machine.can_filter_network else "",
        divides_itself=spec.runtimes is not None and machine.can_divide,
        platform_files=spec.platform_files,
    )


def inside(spec: ReplicaSpec, folder: ReplicaFolder, machine: Machine) -> Inside:
    if machine.walls is Walls.plain:
        return Inside(
            app=str(folder.app),
            deps=str(Path(spec.artifact, "deps")),
            run=str(folder.run),
            home=str(folder.home),
            tmp=str(folder.tmp),
            users="",
        )
    return Inside(
        app="/app",
        deps="/deps",
        run="/run/capsule",
        home="/home/capsule",
        tmp="/tmp",
        users="/run/capsule-users",
    )


def _can_be_lower(lower: Path, uid: int) -> bool:
    # An overlay shows files with the owner they have; a copy can be given to the replica's user.
    return lower.is_dir() and lower.stat().st_uid == uid and not set(str(lower)) & set(",:\\")


def _fill(text: str, values: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)
