"""Other users' and the platform's files: by name, by link, by mount, by descriptor."""

import asyncio
import ctypes
import os
import select
import subprocess
import time
from pathlib import Path

from apphost import Host
from stage import Actor, Stage, new_word
from tools import WORD, attempt, read, search_files, syscall
from victims import hide

CLOSED = {"EPERM", "EACCES", "ENOENT", "ENOSYS", "EROFS"}


def search() -> list[str]:
    folders = ["/app", "/deps", "/dev/pts", "/dev/shm", "/home", "/root", "/run", "/tmp", "/var"]
    folders += ["/proc/1/root/run", "/proc/1/cwd", "/proc/1/task/1/root/tmp"]
    folders += ["/proc/self/root/home", "/proc/self/root/../../../run"]
    return search_files(WORD, *folders)


async def test_secrets_of_others_lie_in_no_file_that_can_be_opened(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    assert await attacker.run(search) == []


def open_paths(paths: list[str]) -> dict[str, str]:
    return {path: attempt(os.listdir if path.endswith("/") else read, path) for path in paths}


async def test_files_of_the_platform_cannot_be_reached_by_their_paths(
    host: Host, stage: Stage, attacker: Actor, victim: Actor
) -> None:
    await victim.run(hide, new_word())
    data = host.data
    (data.root / "capsule.db").touch()
    paths = [data.root, data.database, data.keys, data.run, data.users, data.replicas, data.node_socket]
    paths += list(data.users.glob("*/*/notes.txt"))
    paths += list(data.keys.iterdir())
    names = [f"{path}/" if path.is_dir() else str(path) for path in paths]
    names += [f"/proc/self/root{name}" for name in names] + [f"/proc/1/cwd/../../..{name}" for name in names]
    names += [
        "/etc/shadow",
        "/root/.ssh/",
        "/sys/",
        "/sys/fs/cgroup/",
        "/boot/",
        "/mnt/",
        "/proc/kcore",
        "/proc/kmsg",
    ]
    found = await attacker.run(open_paths, names)
    assert set(found.values()) <= CLOSED, {
        path: answer for path, answer in found.items() if answer not in CLOSED
    }


async def test_folders_of_all_runtimes_are_hidden_and_empty(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    program = """
        import os
        from tools import attempt
        result = [[attempt(os.listdir, path), attempt(os.mkdir, path + "/own")]
                  for path in ("/run/capsule", "/run/capsule-users", "/run")]
    """
    run, users, above = await attacker.run(program)
    assert run[0] == users[0] == "done: []"
    assert {run[1], users[1], above[1]} <= {*CLOSED, "ENOSPC"}


def lift_covers() -> list[str]:
    new_user, new_mounts, new_pids = 0x10000000, 0x00020000, 0x20000000
    answers = [
        str(syscall("umount2", path.encode(), 2))
        for path in (
            "/run/capsule",
            "/run/capsule-users",
            "/app",
            "/home/capsule",
            "/proc",
            "/tmp",
            "/dev/shm",
            "/dev",
        )
    ]
    answers += [
        str(syscall("mount", b"/", b"/tmp", None, 4096, None)),
        str(syscall("mount", b"none", b"/tmp", b"tmpfs", 0, None)),
        str(syscall("mount", b"none", b"/dev", None, 32, None)),
        str(syscall("pivot_root", b"/tmp", b"/tmp")),
        str(syscall("chroot", b"/tmp")),
        str(syscall("unshare", new_user | new_mounts)),
        str(syscall("unshare", new_mounts)),
        str(syscall("clone", new_user | 17, 0, 0, 0, 0)),
        str(syscall("clone", new_pids | 17, 0, 0, 0, 0)),
        str(syscall("clone3", ctypes.create_string_buffer(88), 88)),
        str(syscall("open_tree", -100, b"/", 1)),
        str(syscall("fsopen", b"tmpfs", 0)),
        str(syscall("move_mount", -100, b"/app", -100, b"/tmp", 0)),
        str(syscall("setgroups", 0, 0)),
        str(syscall("setuid", 0)),
        str(syscall("setgid", 0)),
    ]
    for name in os.listdir("/proc/self/ns"):
        descriptor = os.open(f"/proc/self/ns/{name}", os.O_RDONLY)
        answers.append(str(syscall("setns", descriptor, 0)))
        os.close(descriptor)
    for program in (
        ["unshare", "-rm", "true"],
        ["umount", "-l", "/run/capsule"],
        ["mount", "-t", "tmpfs", "x", "/tmp"],
        ["su", "-c", "id", "root"],
        ["bwrap", "--ro-bind", "/", "/", "true"],
        ["nsenter", "-t", "1", "-m", "true"],
        ["setpriv", "--reuid", "0", "true"],
    ):
        try:
            done = subprocess.run(program, capture_output=True, stdin=subprocess.DEVNULL, check=False)
            answers.append("EPERM" if done.returncode else f"done: {program}")
        except FileNotFoundError:
            continue
    answers.append(attempt(os.mknod, "/tmp/disk", 0o60666, os.makedev(254, 0)))
    answers.append(attempt(os.mknod, "/dev/disk", 0o60666, os.makedev(254, 0)))
    return answers


async def test_mounts_cannot_be_changed_and_no_new_namespace_be_made(attacker: Actor) -> None:
    answers = await attacker.run(lift_covers)
    assert set(answers) <= {*CLOSED, "EINVAL"}, answers
    assert "EPERM" in answers


def use_handles() -> list[str]:
    handle, mount = ctypes.create_string_buffer(136), ctypes.c_int()
    ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
    asked = syscall("name_to_handle_at", -100, b"/home/capsule", handle, ctypes.byref(mount), 0)
    home = os.open(os.environ["HOME"], os.O_RDONLY)
    root_of_disk = (8).to_bytes(4, "little") + (1).to_bytes(4, "little") + (2).to_bytes(8, "little")
    return [str(asked), str(syscall("open_by_handle_at", home, root_of_disk, 0))]


async def test_files_cannot_be_opened_by_handle(attacker: Actor) -> None:
    assert set(await attacker.run(use_handles)) == {"EPERM"}


def change_the_app() -> list[str]:
    def write(path: str, text: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    planted = "raise SystemExit('planted')"
    return [
        attempt(write, "/app/app.py", planted),
        attempt(write, "/app/planted.py", planted),
        attempt(write, "/app/json.py", planted),
        attempt(write, "/app/__pycache__/tools.cpython-311.pyc", planted),
        attempt(write, "/app/sitecustomize.py", planted),
        attempt(os.unlink, "/app/tools.py"),
        attempt(write, "/deps/planted.py", planted),
        attempt(write, "/usr/lib/planted.py", planted),
        attempt(write, os.path.join(os.path.dirname(os.__file__), "planted.py"), planted),
    ]


async def test_changes_of_the_app_are_seen_by_their_maker_only(
    stage: Stage, attacker: Actor, victim: Actor
) -> None:
    answers = await attacker.run(change_the_app)
    assert answers[:6] == ["done: None"] * 6
    assert set(answers[6:]) <= CLOSED
    program = """
        import os
        result = [sorted(os.listdir("/app")), "planted" in open("/app/app.py").read(),
                  sorted(os.listdir("/app/__pycache__")) if os.path.isdir("/app/__pycache__") else []]
    """
    async with stage.actor() as newcomer:
        for other in (victim, newcomer):
            names, is_planted, cached = await other.run(program)
            assert {"planted.py", "json.py", "sitecustomize.py"}.isdisjoint(names)
            assert "tools.py" in names
            assert not is_planted
            assert all("planted" not in name for name in cached)


def find_writable() -> list[str]:
    found = []
    for folder, names, files in os.walk("/proc/sys"):
        for name in (*files, *names):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                try:
                    with open(path, "r+") as file:
                        value = file.read()
                        file.seek(0)
                        file.write(value)
                    found.append(path)
                except OSError:
                    pass
    for path in ("/proc/sysrq-trigger", "/proc/1/uid_map", "/proc/self/setgroups", "/proc/acpi", "/proc/fs"):
        if os.path.isfile(path):
            try:
                with open(path, "w") as file:
                    file.write("0 0 1")
                found.append(path)
            except OSError:
                pass
    return found


async def test_no_setting_of_the_kernel_can_be_written(attacker: Actor) -> None:
    assert await attacker.run(find_writable) == []


async def test_only_private_places_can_be_written(attacker: Actor) -> None:
    program = """
        import os
        result = []
        for folder, names, _ in os.walk("/"):
            names[:] = [name for name in names if os.path.join(folder, name) not in ("/proc", "/usr")]
            try:
                descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY)
            except OSError:
                try:
                    os.mkdir(os.path.join(folder, "probe-of-an-attacker"))
                    os.rmdir(os.path.join(folder, "probe-of-an-attacker"))
                except OSError:
                    continue
            else:
                os.close(descriptor)
            result.append(folder)
            names.clear()
    """
    assert sorted(await attacker.run(program)) == ["/app", "/dev/shm", "/home/capsule", "/tmp"]


async def test_terminals_of_others_are_not_there(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    assert await attacker.run("import os; result = os.listdir('/dev/pts')") == ["ptmx"]


def listen_to_output() -> str:
    readers = []
    for path in ("/proc/self/fd/1", "/proc/self/fd/2", "/proc/1/fd/1", "/dev/stdout", "/dev/stderr"):
        readers.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    heard, give_up = b"", time.monotonic() + 1.0
    while time.monotonic() < give_up:
        for reader in select.select(readers, [], [], 0.1)[0]:
            heard += os.read(reader, 65536)
    return heard.decode(errors="replace")


async def test_the_output_of_others_cannot_be_overheard(stage: Stage, attacker: Actor, victim: Actor) -> None:
    words = [new_word() for _ in range(5)]
    listening = asyncio.create_task(attacker.run(listen_to_output))
    for word in words:
        await asyncio.sleep(0.1)
        await victim.run(f"print({word!r}, flush=True)")
    assert "secret-of-" not in await listening
    assert await asyncio.to_thread(stage.replica.logged, words[-1])


def plant_links(targets: list[str]) -> None:
    home = os.environ["HOME"]
    for number, target in enumerate(targets):
        os.symlink(target, f"{home}/link-{number}")
    deep = home
    for _ in range(50):
        deep += "/d"
        os.mkdir(deep)
    os.symlink("/", f"{deep}/out")
    for name in ("new\nline", "\udcff\udcfe", "-rf", "*", "a" * 255):
        os.mkdir(os.path.join(home.encode(), os.fsencode(name)))
    os.mkfifo(f"{home}/fifo")
    os.chmod(f"{home}/d/d", 0)


async def test_links_out_of_a_home_are_followed_by_nobody(host: Host, tmp_path: Path) -> None:
    outside = Path(host.data.root) / "outside"
    outside.mkdir(mode=0o777)
    (outside / "precious").write_text("here")
    stage = await Stage(host).open()
    async with stage.actor() as attacker:
        await attacker.run(plant_links, [str(outside), "/", str(host.data.root), "..", "/proc/self/root"])
        await attacker.run(
            "import time; open('/home/capsule/big', 'wb').write(b'x' * (8 << 20)); time.sleep(0.6)"
        )
        assert await attacker.run("result = 'alive'") == "alive"
    from capsule.apps.client import AppHostClient

    client = AppHostClient(host.data.apps_control_socket)
    await client.remove_app(stage.capsule, "deploy", delete_data=True)
    await client.close()
    host.node("destroy", id=stage.replica.id)
    assert (outside / "precious").read_text() == "here"
    assert not (host.data.users / f"{stage.capsule}.deploy").exists()
