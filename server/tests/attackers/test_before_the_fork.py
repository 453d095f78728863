"""What an app does at import and in `boot`: it is the developer's own code, but no more than that.

It must not reach the platform or other capsules, and its users must not share what it shares by accident.
"""

import inspect
import json
import os
import signal
import socket
import textwrap
from pathlib import Path

from apphost import Host, Replica
from stage import HERE, Stage, new_word
from tools import attempt, read, syscall

APP = """
from __future__ import annotations
import json
import cpsl
from tools import *
{attack}
found = attack({arguments})
app = cpsl.App("early", image=cpsl.Image())

@app.boot()
def boot():
    global booted
    booted = attack({arguments})

@app.message()
async def handle(session, msg):
    await session.reply(json.dumps([found, booted]))
"""


def attack(paths: list[str], pids: list[int], abstract: str) -> dict[str, str]:
    def connect(family: int, address: str) -> str:
        with socket.socket(family) as asking:
            asking.settimeout(0.5)
            asking.connect(address)
            return "connected"

    found = {path: attempt(os.listdir if path.endswith("/") else read, path) for path in paths}
    for path in paths:
        found[f"{path} by its socket"] = attempt(connect, socket.AF_UNIX, path)
    for pid in pids:
        found[f"{pid} memory"] = attempt(read, f"/proc/{pid}/mem")
        found[f"{pid} environment"] = attempt(read, f"/proc/{pid}/environ")
        found[f"{pid} signal"] = attempt(os.kill, pid, signal.SIGKILL)
        found[f"{pid} trace"] = str(syscall("ptrace", 16, pid, 0, 0))
    found["abstract"] = attempt(connect, socket.AF_UNIX, abstract)
    found["become root"] = attempt(os.setuid, 0)
    found["kernel log"] = str(syscall("syslog", 3, None, 0))
    found["module"] = str(syscall("init_module", b"x", 1, b""))
    found["clock"] = attempt(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(10))
    found["system file"] = attempt(open, "/usr/lib/planted", "w")
    found["own sources"] = attempt(open, os.path.join(os.path.dirname(os.__file__), "planted.py"), "w")
    found["device"] = attempt(os.mknod, "/tmp/disk", 0o60666, os.makedev(254, 0))
    return found


REFUSED = {
    "EACCES",
    "EPERM",
    "ENOENT",
    "ESRCH",
    "ECONNREFUSED",
    "EROFS",
    "EINVAL",
    "ENOSYS",
    "EFAULT",
    "ENOTSOCK",
}


async def test_code_at_import_and_boot_reaches_neither_platform_nor_other_capsules(host: Host) -> None:
    other = await Stage(host, identity=8).open()
    async with other.actor() as victim:
        await victim.run(f"open('/home/capsule/notes', 'w').write({new_word()!r})")
        data = host.data
        paths = [
            data.root,
            data.keys,
            data.run,
            data.users,
            data.replicas,
            data.sessions(other.capsule, "deploy"),
        ]
        paths += [data.node_socket, data.apps_socket, data.apps_control_socket, *data.keys.iterdir()]
        paths += [
            *data.users.rglob("notes"),
            data.replica(other.replica.id),
            Path("/etc/shadow"),
            Path("/root/.ssh"),
        ]
        names = [f"{path}/" if path.is_dir() else str(path) for path in paths]
        pids = [host.agent.pid, host.process.pid, os.getpid(), int(other.replica.status()["pid"])]
        pids.append(await other.pid(victim))
        abstract = f"\0{new_word()}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(abstract)
            listener.listen()
            arguments = f"{names!r}, {pids!r}, {abstract!r}"
            source = APP.format(attack=textwrap.dedent(inspect.getsource(attack)), arguments=arguments)
            tools = {"tools.py": (HERE / "tools.py").read_text()}
            capsule, replica = await host.host_app(source, files=tools)
            async with host.browser(capsule) as browser:
                said = json.loads((await browser.say(await browser.open(), "hi"))[0])
        assert await victim.run("result = 'alive'") == "alive"
    for found in said:
        # A number that is nobody's in there may be somebody's: of the app itself.
        mine = {name for name in found if name.split()[0].isdigit() and int(name.split()[0]) < 100}
        left = {name: answer for name, answer in found.items() if answer not in REFUSED and name not in mine}
        assert left == {}
    for item in (replica, other.replica):
        host.node("destroy", id=item.id)


SHARING = {
    "anonymous": "import mmap; kept = mmap.mmap(-1, 4096)",
    "shared_memory": (
        "from multiprocessing.shared_memory import SharedMemory; kept = SharedMemory(create=True, size=64)"
    ),
    "memfd": "import os; kept = os.memfd_create('x'); os.ftruncate(kept, 4096)",
    "a file, read-only for now": (
        "import mmap, tempfile; file = tempfile.TemporaryFile(); file.truncate(4096);"
        "kept = mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ); file.close()"
    ),
    "a value": "import multiprocessing; kept = multiprocessing.Value('i', 0)",
    "a pipe": "import os; kept = os.pipe()",
    "a segment": "from tools import libc; libc.shmat.restype = __import__('ctypes').c_void_p;"
    "kept = libc.shmat(libc.shmget(0, 4096, 0o1600), None, 0)",
}

SHARER = """
{share}
import cpsl
app = cpsl.App("sharer", image=cpsl.Image())
"""


async def test_an_app_that_shares_memory_at_import_is_not_forked(host: Host) -> None:
    replicas: dict[str, Replica] = {}
    for name, share in SHARING.items():
        files = {"tools.py": (HERE / "tools.py").read_text()}
        replicas[name] = host.run(SHARER.format(share=share), files=files)
    statuses = {name: host.node("ready", id=replica.id) for name, replica in replicas.items()}
    for replica in replicas.values():
        host.node("destroy", id=replica.id)
    assert {name for name, status in statuses.items() if status["is_forked"]} == set()


async def test_a_folder_held_since_import_leads_to_no_other_users_files(host: Host) -> None:
    source = """
        import os
        import cpsl
        app = cpsl.App("holder", image=cpsl.Image())
        held = []
        for path in ("/", "/run", "/run/capsule", "/run/capsule-users", "/tmp", "/home/capsule", "/dev/shm"):
            held.append(os.open(path, os.O_RDONLY | os.O_DIRECTORY))
        for name in os.listdir("/run/capsule-users"):
            held.append(os.open("/run/capsule-users/" + name, os.O_RDONLY | os.O_DIRECTORY))

        @app.message()
        async def handle(session, msg):
            with open("/home/capsule/notes", "a") as file:
                file.write(msg.text)
            found = []
            for number in range(3, 64):
                for way in ("notes", "../notes", "home/capsule/notes", "capsule-users"):
                    try:
                        descriptor = os.open(way, os.O_RDONLY, dir_fd=number)
                        look = os.listdir if way == "capsule-users" else lambda held: os.read(held, 99)
                        found.append(str(look(descriptor)))
                        os.close(descriptor)
                    except OSError:
                        pass
            await session.reply(" ".join(found))
    """
    word = new_word()
    first = host.run(source)
    capsule = await host.put(first)
    async with host.browser(capsule) as victim:
        await victim.say(await victim.open(), word)
        second = host.run(source, capsule_id=capsule)  # at whose import the victim's files are there
        await host.put(second, release="2")
        async with host.browser(capsule) as attacker:
            (said,) = await attacker.say(await attacker.open(), "mine")
    assert "mine" in said
    assert "secret-of-" not in said
    for replica in (first, second):
        host.node("destroy", id=replica.id)
