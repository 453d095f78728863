"""Find out what this machine allows, by trying it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from capsule.sandbox.box import Box
from capsule.sandbox.bwrap import bwrap_arguments
from capsule.sandbox.cgroups import CgroupsMissing, find_cgroups
from capsule.sandbox.command import enclose, mapping_argv
from capsule.sandbox.gate.probe import why_no_gate
from capsule.sandbox.machine import FIRST_UID, Machine, Walls

_UNSHARE = "/usr/bin/unshare"


def probe(data: Path, *, at_most: Walls = Walls.root) -> Machine:
    """Try the walls from the strongest down. Takes some 50 ms; leaves nothing behind.

    `data` is where boxes keep their files; it must exist. `at_most` rules stronger walls out.
    """
    is_root = os.geteuid() == 0
    notices: list[str] = []
    try:
        cgroups = find_cgroups(data)
    except CgroupsMissing as exc:
        cgroups = None
        notices.append(f"No cgroups ({exc}): memory is limited per process only, processor time not at all.")
    walls = Walls.plain
    reason = "switched off"
    if at_most is not Walls.plain:
        wanted = Walls.root if is_root and at_most is Walls.root else Walls.user
        reason = _why_no_bwrap(wanted)
        walls = wanted if not reason else Walls.plain
    if walls is Walls.plain:
        notices.append(
            f"No walls between capsules ({reason}): they can see each other's files and processes. "
            "Install bubblewrap and allow user namespaces to mend it."
        )
    can_divide = walls is not Walls.plain and _can_divide(walls)
    if walls is not Walls.plain and not can_divide:
        notices.append(
            "No walls between the users of one app: this kernel allows no user namespaces inside a box. "
            "Raise user.max_user_namespaces to mend it."
        )
    can_filter_network = False
    if can_divide:
        reason = why_no_gate()
        can_filter_network = not reason
        if reason:
            notices.append(f"Apps can connect to everything this machine can reach ({reason}).")
    can_map_owner = walls is Walls.root and _can_map_owner(data)
    if walls is Walls.root and not can_map_owner:
        notices.append(
            "This kernel or file system cannot map owners: capsules that share a storage may be unable to "
            "change each other's files."
        )
    return Machine(
        walls=walls,
        drops_to_own_user=is_root and walls is not Walls.user,
        cgroups=cgroups,
        can_overlay=walls is Walls.root and _can_overlay(data),
        can_map_owner=can_map_owner,
        notices=tuple(notices),
        can_divide=can_divide,
        can_filter_network=can_filter_network,
    )


def _why_no_bwrap(walls: Walls) -> str:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap is not installed"
    machine = Machine(walls, walls is Walls.root, None, False, False, ())
    with tempfile.TemporaryDirectory(prefix="capsule-probe-") as folder:
        box = Box(argv=("/bin/true",), scratch=folder, cwd="/", identity=0)
        arguments = bwrap_arguments(box, machine)
        trial = subprocess.run(
            [bwrap, *arguments, "/bin/true"], capture_output=True, text=True, timeout=10, check=False
        )
    if trial.returncode == 0:
        return ""
    lines = trial.stderr.strip().splitlines()
    return lines[-1] if lines else f"bubblewrap ended with {trial.returncode}"


def _can_divide(walls: Walls) -> bool:
    """Try in a box what the zygote of an app does for each of its users."""
    with tempfile.TemporaryDirectory(prefix="capsule-probe-") as folder:
        own = ("--user", "--mount", "--pid", "--ipc", "--uts", "--net", "--cgroup", "--fork", "--mount-proc")
        argv = (_UNSHARE, "--map-current-user", *own, "/bin/true")
        box = Box(argv=argv, scratch=folder, cwd="/", identity=0, private_network=True, divides_itself=True)
        machine = Machine(walls, walls is Walls.root, None, False, False, ())
        command = enclose(box, machine, None)
        trial = subprocess.run(command.argv, env=command.env, capture_output=True, timeout=10, check=False)
        return trial.returncode == 0


def _can_overlay(data: Path) -> bool:
    if shutil.which("unshare") is None or set(str(data)) & set(",:\\"):
        return False
    with tempfile.TemporaryDirectory(prefix="overlay-", dir=data) as folder:
        for name in ("lower", "upper", "work", "view"):
            Path(folder, name).mkdir()
        script = 'mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/view"'
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", folder]
        trial = subprocess.run(command, capture_output=True, timeout=10, check=False)
        return trial.returncode == 0


def _can_map_owner(data: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="idmap-", dir=data) as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        for path in (source, target):
            path.mkdir()
        mapped = mapping_argv(FIRST_UID, [(str(source), str(target))])
        command = ["unshare", "--mount", "--propagation", "private", *mapped, "/usr/bin/stat", "-c", "%u"]
        trial = subprocess.run(
            [*command, str(target)], capture_output=True, text=True, timeout=10, check=False
        )
        return trial.stdout.strip() == str(FIRST_UID)
