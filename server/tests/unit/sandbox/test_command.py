import shutil
import sys
from pathlib import Path

import pytest

from capsule.sandbox.box import Bind, Box, BoxLimits, Overlay
from capsule.sandbox.cgroups import Group
from capsule.sandbox.command import WallsMissing, enclose
from capsule.sandbox.machine import Machine, Walls

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")


def machine(walls: Walls, *, root: bool = True) -> Machine:
    is_walled = walls is Walls.root
    return Machine(walls, root and walls is not Walls.user, None, is_walled, is_walled, ())


def box(folder: Path, **more: object) -> Box:
    values: dict[str, object] = {
        "argv": ("serve", "--port", "1"),
        "scratch": str(folder),
        "cwd": str(folder),
        "identity": 5,
        "env": {"TOKEN": "hush-hush", "LD_PRELOAD": "/app/x.so"},
    }
    return Box(**{**values, **more})  # type: ignore[arg-type]


def arguments(folder: Path) -> list[str]:
    return (folder / "arguments").read_bytes().decode().split("\0")


def test_as_root_the_command_becomes_the_boxes_user_without_any_power(tmp_path: Path) -> None:
    command = enclose(box(tmp_path), machine(Walls.root), None)
    inner = command.argv[command.argv.index("/usr/bin/bwrap") :]
    assert inner == [
        *("/usr/bin/bwrap", "--args", "9"),
        *("/usr/bin/setpriv", "--reuid", "200005", "--regid", "200005", "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"),
        *("/usr/bin/env", "LD_PRELOAD=/app/x.so", "serve", "--port", "1"),
    ]


def test_secrets_travel_in_a_private_file(tmp_path: Path) -> None:
    command = enclose(box(tmp_path), machine(Walls.root), None)
    assert "hush-hush" not in " ".join(command.argv)
    assert "hush-hush" not in " ".join(command.env.values())
    given = arguments(tmp_path)
    assert given[given.index("TOKEN") + 1] == "hush-hush"
    assert (tmp_path / "arguments").stat().st_mode & 0o777 == 0o600


def test_the_loaders_variables_are_never_set_while_still_root(tmp_path: Path) -> None:
    walled = enclose(box(tmp_path), machine(Walls.root), None)
    assert "LD_PRELOAD" not in arguments(tmp_path)
    assert set(walled.env) == {"PATH"}
    tmp_path.chmod(0o711)
    plain = enclose(box(tmp_path, cwd="/"), machine(Walls.plain), None)
    assert "LD_PRELOAD" not in plain.env


def test_without_root_the_walls_are_a_user_namespace(tmp_path: Path) -> None:
    command = enclose(box(tmp_path), machine(Walls.user), None)
    assert not any("setpriv" in item for item in command.argv)
    assert "--unshare-user" in arguments(tmp_path)


def test_binds_come_shallow_first_with_open_folders_on_the_way(tmp_path: Path) -> None:
    binds = (Bind("/b", "/data/deep/er", read_only=True), Bind("/a", "/data"))
    enclose(box(tmp_path, binds=binds), machine(Walls.user), None)
    text = " ".join(arguments(tmp_path))
    assert text.index("--bind /a /data") < text.index("--ro-bind /b /data/deep/er")
    assert "--dir /data --dir /data/deep --ro-bind /b" in text


def test_an_overlay_is_mounted_in_a_namespace_of_its_own(tmp_path: Path) -> None:
    overlay = Overlay("/lower", "/upper", "/work", "/view", "/app")
    command = enclose(box(tmp_path, overlays=(overlay,)), machine(Walls.root), None)
    assert command.argv[:4] == ["/usr/bin/unshare", "--mount", "--propagation", "private"]
    assert command.argv[command.argv.index("--") + 1 :][:3] == [
        "lowerdir=/lower,upperdir=/upper,workdir=/work",
        "/view",
        "--",
    ]
    assert "--bind /view /app" in " ".join(arguments(tmp_path))


def test_a_shared_folder_is_mounted_with_its_owner_mapped(tmp_path: Path) -> None:
    binds = (Bind("/storage", "/data", map_owner=True),)
    command = enclose(box(tmp_path, binds=binds), machine(Walls.root), None)
    start = command.argv.index(sys.executable)
    assert command.argv[start + 4 : start + 8] == ["200005", "/storage", f"{tmp_path}/mapped-0", "--"]
    assert f"--bind {tmp_path}/mapped-0 /data" in " ".join(arguments(tmp_path))


def test_groups_are_joined_and_replace_the_limit_per_process(tmp_path: Path) -> None:
    limits = BoxLimits(64 << 20, 1, 10)
    without = enclose(box(tmp_path, limits=limits), machine(Walls.user), None)
    assert without.argv[4] == str(64 << 10)
    group = Group(2, {"memory": Path("/sys/fs/cgroup/x"), "pids": Path("/sys/fs/cgroup/x")})
    joined = enclose(box(tmp_path, limits=limits), machine(Walls.user), group)
    assert joined.argv[4] == "0"
    assert joined.argv[6:8] == ["/sys/fs/cgroup/x", "--"]


def test_without_walls_root_refuses_a_folder_that_its_user_cannot_reach(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(WallsMissing, match="closed"):
        enclose(box(closed), machine(Walls.plain), None)


def test_without_walls_and_root_the_environment_is_exactly_the_boxes(tmp_path: Path) -> None:
    given = box(tmp_path)
    command = enclose(given, machine(Walls.plain, root=False), None)
    assert command.env == given.env
    assert command.cwd == given.cwd
    assert command.argv[-3:] == ["serve", "--port", "1"]
