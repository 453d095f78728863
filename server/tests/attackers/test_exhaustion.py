"""Using up what all share: each attack meets a limit, and meanwhile everyone else is served as before."""

import asyncio
import contextlib
import ctypes
import gc
import mmap
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from apphost import Host, eventually, replies
from stage import Actor, Stage, groups_of_process
from tools import attempt, kept, libc, syscall

from capsule.apps.client import AppHostClient
from capsule.engines.contract import Limits, RuntimeTerms
from capsule.sandbox.cgroups import WALL_PROCESSES

FILES_MB, FILES_COUNT, SCRATCH_MB = 24, 1500, 16
MEMORY_MB, PROCESSES = 160, 64
ROUND_TRIPS = 20
FLOOR_SECONDS = 0.015
"""Medians of a few milliseconds differ by more than a factor on a machine of two cores."""
LEAST_IDLE, BUSY_FLOOR_SECONDS = 0.15, 0.5
"""With less of the machine idle before the attack, others compete already, and latency tells little."""


@pytest.fixture(scope="session")
def tight(host: Host) -> Stage:
    limits = Limits(cpu=0.5, memory=MEMORY_MB, processes=PROCESSES)
    terms = RuntimeTerms(files_mb=FILES_MB, files_count=FILES_COUNT, scratch_mb=SCRATCH_MB)
    return asyncio.run(Stage(host, limits=limits, runtimes=terms).open())


@pytest.fixture(scope="session")
def limited(host: Host, tight: Stage) -> Stage:
    """As `tight`, on a machine that limits processor time and memory."""
    if not host.node("capabilities")["cpu_limit"]:
        pytest.skip("; ".join(host.node("fingerprint")["notices"]))
    return tight


class Latency:
    """How long the round trips of a victim take, before an attack and during it."""

    def __init__(self, victim: Actor) -> None:
        self._victim = victim
        self._before = 0.0
        self._floor = FLOOR_SECONDS

    async def learn(self) -> None:
        idle, begun = _idle_seconds(), time.monotonic()
        self._before = await self._victim.median(ROUND_TRIPS)
        share = (_idle_seconds() - idle) / (time.monotonic() - begun) / (os.cpu_count() or 1)
        if share < LEAST_IDLE:
            self._floor = BUSY_FLOOR_SECONDS

    async def check(self) -> None:
        """Among three tries one must do, since this machine may be busy with something else for a while."""
        most = 2 * self._before + self._floor
        medians: list[float] = []
        while not medians or medians[-1] > most:
            assert len(medians) < 3, f"round trips take {medians} s instead of {self._before} s"
            medians.append(await self._victim.median(ROUND_TRIPS))


def _idle_seconds() -> float:
    """Return the time that all processors have been idle."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def attack_by(stage: Stage, work: Callable[..., object], *arguments: Any) -> AsyncIterator[list[Path]]:
    """Let an attacker work; inside and afterwards, everyone else must be as well off as before.

    Yields the attacker's control groups.
    """
    async with stage.actor() as attacker, stage.actor() as victim:
        zygote = stage.replica.status()["pid"]
        runtime_id = await stage.runtime_id(attacker)
        groups = groups_of_process(await stage.pid(attacker))
        latency = Latency(victim)
        await latency.learn()
        await attacker.begin(work, *arguments)
        await asyncio.sleep(0.3)
        await latency.check()
        yield groups
        begun = time.monotonic()
        async with stage.actor():
            assert time.monotonic() - begun < 3, "a newcomer has to wait"
        await latency.check()
        assert stage.replica.status()["pid"] == zygote
        await end(stage, attacker, runtime_id)
        assert not [group for group in groups if group.exists()]


async def end(stage: Stage, attacker: Actor, runtime_id: str) -> None:
    """End the attacker's runtime; nothing of it may be left."""
    user = (await attacker.browser.get("/api/app")).json()["user"]["id"]
    (pid,) = [item["pid"] for item in stage.replica.runtimes() if item["id"] == runtime_id]
    client = AppHostClient(stage.host.data.apps_control_socket)
    await client.stop_runtime(stage.capsule, "deploy", user)
    await client.close()
    assert await asyncio.to_thread(eventually, lambda: not Path(f"/proc/{pid}").exists())
    folder = stage.host.data.replica(stage.replica.id)
    assert not [*folder.glob(f"run/{runtime_id}*"), *folder.glob(f"runtimes/{runtime_id}*")]


# Processes, threads, processor


def fork_without_end() -> None:
    def bomb() -> None:
        os.setsid()
        while True:
            with contextlib.suppress(OSError):
                os.fork()

    if os.fork() == 0:
        bomb()


async def test_a_fork_bomb_stays_within_its_own_processes(limited: Stage) -> None:
    async with attack_by(limited, fork_without_end) as groups:
        assert PROCESSES - 8 < _most_members(groups) <= PROCESSES + WALL_PROCESSES


def _most_members(groups: list[Path]) -> int:
    return max(len((group / "cgroup.procs").read_text().split()) for group in groups)


def start_threads() -> str:
    count = 0
    try:
        while count < 10_000:
            threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
            count += 1
    except RuntimeError:
        return f"stopped at {count}"
    return "never stopped"


async def test_threads_stop_at_the_limit_of_processes(tight: Stage) -> None:
    async with tight.actor() as attacker, tight.actor() as victim:
        said = await attacker.run(start_threads)
        assert said.startswith("stopped at ")
        assert int(said.split()[-1]) <= PROCESSES
        assert await victim.run(start_threads) == said


def burn(processes: int) -> None:
    for _ in range(processes):
        if os.fork() == 0:
            os.setsid()  # a share of its own, where sessions get shares
            while True:
                pass


async def test_processes_that_compute_without_end_slow_nobody_down(limited: Stage) -> None:
    async with attack_by(limited, burn, 40) as groups:
        assert _most_members(groups) > 10  # the others wait for processor time to be started with


def raise_priority() -> list[str]:
    def write(path: str, text: str) -> None:
        with open(path, "w") as file:
            file.write(text)

    return [
        attempt(os.setpriority, os.PRIO_PROCESS, 0, -20),
        attempt(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(50)),
        attempt(os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(1)),
        attempt(write, "/proc/self/oom_score_adj", "-1000"),
        attempt(write, "/proc/1/oom_score_adj", "-1"),
        attempt(write, "/proc/self/autogroup", "-20"),
    ]


async def test_no_priority_over_others_can_be_had(stage: Stage, attacker: Actor) -> None:
    assert set(await attacker.run(raise_priority)) <= {"EPERM", "EACCES", "EINVAL", "ENOENT"}


async def test_the_kernel_goes_on_to_choose_a_runtime_first_when_memory_is_short(limited: Stage) -> None:
    program = """
        result = []
        for value in ("0", "499"):
            try:
                with open("/proc/self/oom_score_adj", "w") as file:
                    file.write(value)
            except OSError:
                pass
        result = int(open("/proc/self/oom_score_adj").read())
    """
    if not limited.host.node("capabilities")["own_user"] or not _can(_CAP_SYS_RESOURCE):
        pytest.skip("only root with CAP_SYS_RESOURCE can fix the score for good")
    async with limited.actor() as attacker:
        assert await attacker.run(program) == 500


_CAP_SYS_RESOURCE = 24


def _can(capability: int) -> bool:
    lines = Path("/proc/self/status").read_text().splitlines()
    effective = next(line for line in lines if line.startswith("CapEff:")).split()[1]
    return bool(int(effective, 16) >> capability & 1)


# Memory


MEMORY = {
    "heap": "kept = bytearray(400 << 20)",
    "shared mapping": "kept = mmap.mmap(-1, 400 << 20)\nfor n in range(0, 400 << 20, 4096): kept[n] = 1",
    "memfd": "kept = os.memfd_create('x')\nfor n in range(400): os.write(kept, bytes(1 << 20))",
    "segment": (
        "libc.shmat.restype = ctypes.c_void_p\n"
        "ctypes.memset(libc.shmat(libc.shmget(0, 400 << 20, 0o1600), None, 0), 1, 400 << 20)"
    ),
    "pipes": (
        "for n in range(12):\n"
        "    if os.fork() == 0:\n"
        "        for n in range(300):\n"
        "            os.write(os.pipe()[1], bytes(65536))\n"
        "        time.sleep(60)\n"
    ),
}


@pytest.mark.parametrize("kind", list(MEMORY))
async def test_memory_ends_at_the_limit_of_its_user(limited: Stage, kind: str) -> None:
    async with limited.actor() as attacker, limited.actor() as victim:
        groups = groups_of_process(await limited.pid(attacker))
        latency = Latency(victim)
        await latency.learn()
        turn = await attacker.begin(MEMORY[kind])
        await latency.check()
        assert all(size <= MEMORY_MB << 20 for size in _memory(groups))
        if kind != "pipes":
            events = await attacker.browser.until_ended(attacker.session, turn, 30)
            assert events[-1]["data"]["status"] == "interrupted"
            assert "ran out of memory" in events[-1]["data"]["error"]
        assert await attacker.run("result = 'back'") == "back"


def _memory(groups: list[Path]) -> list[int]:
    names = ("memory.usage_in_bytes", "memory.current")
    files = [group / name for group in groups for name in names]
    return [int(file.read_text()) for file in files if file.exists()]


def fill_scratch(folder: str, size: int) -> str:
    def write() -> None:
        for number in range(10_000):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(bytes(size))

    return attempt(write)


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/app"])
@pytest.mark.parametrize("size", [1 << 20, 0], ids=["bytes", "inodes"])
async def test_scratch_ends_at_its_limit_and_is_nobody_elses(tight: Stage, folder: str, size: int) -> None:
    async with tight.actor() as attacker, tight.actor() as victim:
        assert await attacker.run(fill_scratch, folder, size) == "ENOSPC"
        assert await victim.run(f"open({folder + '/x'!r}, 'w').write('fits'); result = 'wrote'") == "wrote"


# Disk


def write_one_file() -> None:
    with open("/home/capsule/big", "wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    __import__("time").sleep(10)


def write_many_files() -> None:
    for number in range(20_000):
        os.close(os.open(f"/home/capsule/{number}", os.O_CREAT | os.O_WRONLY))
    __import__("time").sleep(10)


def write_deleted_files() -> None:
    for number in range(10):
        descriptor = os.open(f"/home/capsule/{number}", os.O_CREAT | os.O_RDWR)
        os.unlink(f"/home/capsule/{number}")
        for _ in range(30):
            os.write(descriptor, bytes(1 << 20))
    __import__("time").sleep(10)


def write_unnamed_files() -> None:
    def write() -> None:
        descriptor = os.open("/home/capsule", os.O_TMPFILE | os.O_RDWR)
        for _ in range(100):
            os.write(descriptor, bytes(1 << 20))
        time.sleep(10)

    threading.Thread(target=write, daemon=True).start()
    time.sleep(10)


def write_mapped_files() -> None:
    for number in range(8):
        descriptor = os.open(f"/home/capsule/{number}", os.O_CREAT | os.O_RDWR)
        os.ftruncate(descriptor, 32 << 20)
        mapped = mmap.mmap(descriptor, 32 << 20)
        os.close(descriptor)
        os.unlink(f"/home/capsule/{number}")
        kept.append(mapped)
        for position in range(0, 32 << 20, 4096):
            mapped[position] = 1
    __import__("time").sleep(10)


def write_in_flight() -> None:
    one, other = socket.socketpair()
    kept.append((one, other))
    for number in range(8):
        descriptor = os.open(f"/home/capsule/{number}", os.O_CREAT | os.O_RDWR)
        os.unlink(f"/home/capsule/{number}")
        for _ in range(25):
            os.write(descriptor, bytes(1 << 20))
        socket.send_fds(one, [b"x"], [descriptor])
        os.close(descriptor)
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        pass


def write_by_passers_by() -> None:
    """By processes that are gone before anybody counts what they have written."""
    for number in range(300):
        if os.fork() == 0:
            with open(f"/home/capsule/{number}", "wb") as file:
                file.write(bytes(1 << 20))
            os._exit(0)
        os.wait()
    __import__("time").sleep(10)


def write_deep_down() -> None:
    os.chdir("/home/capsule")
    for _ in range(300):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    with open("big", "wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    __import__("time").sleep(10)


def write_behind_closed_doors() -> None:
    os.mkdir("/home/capsule/closed")
    for number in range(10):
        os.chmod("/home/capsule/closed", 0o300)
        with open(f"/home/capsule/closed/{number}", "wb") as file:
            os.chmod("/home/capsule/closed", 0)
            for _ in range(30):
                file.write(bytes(1 << 20))
    __import__("time").sleep(10)


DISK = [
    write_one_file,
    write_many_files,
    write_deleted_files,
    write_unnamed_files,
    write_mapped_files,
    write_in_flight,
    write_by_passers_by,
    write_deep_down,
    write_behind_closed_doors,
]


async def test_however_files_are_hidden_they_count(tight: Stage) -> None:
    """All ways at once, each by an attacker of its own, since each takes a moment to be noticed."""
    async with contextlib.AsyncExitStack() as stack:
        victim = await stack.enter_async_context(tight.actor())
        await victim.run("open('/home/capsule/mine', 'wb').write(bytes(4 << 20)); result = 1")
        attackers = [await stack.enter_async_context(tight.actor()) for _ in DISK]

        async def attack(attacker: Actor, work: Callable[[], None]) -> str:
            turn = await attacker.begin(work)
            events = await attacker.browser.until_ended(attacker.session, turn, 25)
            return str(events[-1]["data"].get("error") or replies(events))

        works = zip(attackers, DISK, strict=True)
        said = await asyncio.gather(*(attack(attacker, work) for attacker, work in works))
        told = {work.__name__: text for work, text in zip(DISK, said, strict=True)}
        assert all("private" in text for text in told.values()), told
        assert await victim.run("import os; result = os.stat('/home/capsule/mine').st_size") == 4 << 20
        assert await victim.run("open('/home/capsule/mine', 'ab').write(b'x'); result = 'wrote'") == "wrote"


async def test_what_takes_no_space_counts_for_nothing(tight: Stage) -> None:
    program = """
        import os, time
        from tools import attempt, syscall
        with open("/home/capsule/sparse", "wb") as file:
            os.truncate("/home/capsule/sparse", 1 << 40)
            fast = str(syscall("fallocate", file.fileno(), 0, 0, 1 << 30))
        with open("/home/capsule/one", "wb") as file:
            file.write(bytes(2 << 20))
        for number in range(60):
            os.link("/home/capsule/one", f"/home/capsule/one-{number}")
        begun = time.process_time()
        while time.process_time() - begun < 0.2:
            pass
        time.sleep(0.8)
        result = fast
    """
    async with tight.actor() as attacker:
        assert await attacker.run(program) == "ENOTSUP"
        assert await attacker.run("import os; result = len(os.listdir('/home/capsule'))") == 62


async def test_who_is_over_the_limit_can_remove_files_but_not_go_on_from_wake_to_wake(tight: Stage) -> None:
    program = """
        from tools import attempt
        def write():
            with open("/home/capsule/more", "wb") as file:
                file.write(bytes(1 << 20))
        result = attempt(write)
    """
    async with tight.actor() as attacker:
        turn = await attacker.begin(
            "import time\nopen('/home/capsule/big', 'wb').write(bytes(30 << 20)); time.sleep(10)"
        )
        await attacker.browser.until_ended(attacker.session, turn)
        assert await attacker.run(program) == "EFBIG"
        await attacker.run("import os; os.unlink('/home/capsule/big')")
        await end(tight, attacker, await tight.runtime_id(attacker))
        assert await attacker.run(program) == "done: None"


def flood_output() -> None:
    line = b"y" * 8000 + b"\n"

    def write(number: int) -> None:
        while True:
            os.write(number, line)

    for number in (1, 2):
        threading.Thread(target=write, args=(number,), daemon=True).start()


async def test_a_flood_of_output_fills_no_disk_and_delays_nobody(tight: Stage) -> None:
    async with attack_by(tight, flood_output):
        await asyncio.sleep(1)
        folders = [tight.host.data.telemetry(tight.capsule), tight.host.data.replica(tight.replica.id) / "io"]
        size = sum(path.stat().st_blocks * 512 for folder in folders for path in folder.rglob("*"))
        assert size < 100 << 20


def end_with_a_word() -> None:
    os.write(1, b"x" * 20_000 + b"\n" * 500)
    os._exit(0)


async def test_output_at_the_moment_of_the_end_ends_nobody_else(tight: Stage) -> None:
    zygote = tight.replica.status()["pid"]
    async with contextlib.AsyncExitStack() as stack:
        attackers = [await stack.enter_async_context(tight.actor()) for _ in range(12)]
        for _ in range(3):
            turns = await asyncio.gather(*(attacker.begin(end_with_a_word) for attacker in attackers))
            ends = [
                attacker.browser.until_ended(attacker.session, turn)
                for attacker, turn in zip(attackers, turns, strict=True)
            ]
            await asyncio.gather(*ends)
    assert tight.replica.status()["pid"] == zygote


# The app host


def flood_link(count: int) -> None:
    """Say and ask without end, past everything that would wait for an answer."""
    from cpsl.runtime.backend import WireBackend

    backend = next(item for item in gc.get_objects() if isinstance(item, WireBackend) and not item._is_closed)
    turn = backend._turn_id.encode()
    big = b'{"type":"reply_delta","turn_id":"%s","reply_id":"r","text":"%s"}\n' % (turn, b"x" * 1_000_000)
    small = b'{"type":"set_title","turn_id":"%s","id":1,"site":"s","title":"x"}\n' % turn * 1000
    held = socket.socket(fileno=os.dup(backend._link.fileno()))
    held.settimeout(20)
    for _ in range(count):
        held.sendall(small + big)


async def test_an_endless_answer_is_cut_off_and_delays_nobody(host: Host, stage: Stage) -> None:
    async with stage.actor() as attacker, stage.actor() as victim:
        memory = _resident(host.process.pid)
        latency = Latency(victim)
        await latency.learn()
        turn = await attacker.begin(flood_link, 30)
        await latency.check()
        events = await attacker.browser.until_ended(attacker.session, turn)
        await latency.check()
        assert events[-1]["data"]["status"] == "failed"
        assert "was cut off" in events[-1]["data"]["error"]
        assert _resident(host.process.pid) - memory < 200 << 20


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# What the kernel counts for all runtimes of an app together


def open_files() -> str:
    def take() -> None:
        while True:
            kept.append(os.open("/dev/null", os.O_RDONLY))

    for _ in range(20):
        if os.fork() == 0:
            attempt(take)
            time.sleep(9)
    return attempt(take)


async def test_descriptors_end_at_the_limit_of_a_process(tight: Stage) -> None:
    async with tight.actor() as attacker, tight.actor() as victim:
        assert await attacker.run(open_files) == "EMFILE"
        assert (
            await victim.run("import os; result = len([os.open('/dev/null', 0) for _ in range(500)])") == 500
        )


def take_kernel_objects() -> dict[str, str]:
    def until_refused(take: object) -> str:
        for number in range(100_000):
            got = take(number)  # type: ignore[operator]
            if isinstance(got, str):
                return f"{got}"
        return "never"

    def send_signals() -> str:
        """From a process of its own, which goes on and keeps them."""
        reading, writing = os.pipe()
        if os.fork() == 0:
            signal.pthread_sigmask(signal.SIG_BLOCK, [40])
            said = until_refused(lambda _: 0 if libc.sigqueue(os.getpid(), 40, None) == 0 else "EAGAIN")
            os.write(writing, said.encode())
            time.sleep(60)
        return os.read(reading, 100).decode()

    def lock(_: int) -> int | str:
        address = libc.malloc(1 << 16)
        return 0 if libc.mlock(ctypes.c_void_p(address), 1 << 16) == 0 else "ENOMEM"

    libc.malloc.restype = ctypes.c_void_p
    return {
        "inotify": until_refused(lambda _: syscall("inotify_init1", 0)),
        "queues": until_refused(
            lambda n: syscall("mq_open", b"q%d" % n, os.O_CREAT | os.O_RDWR, 0o600, None)
        ),
        "signals": send_signals(),
        "locked": until_refused(lock),
        "timers": until_refused(lambda _: syscall("timer_create", 0, None, ctypes.create_string_buffer(8))),
        "keys": str(syscall("add_key", b"user", b"x", b"y", 1, -4)),
        "keyring": str(syscall("keyctl", 0, -4, 1)),
        "messages": attempt(lambda: [libc.msgget(0, 0o600) for _ in range(40_000)][-1]),
    }


def use_kernel_objects() -> dict[str, bool]:
    signal.pthread_sigmask(signal.SIG_BLOCK, [41])
    libc.malloc.restype = ctypes.c_void_p
    _, writing = os.pipe()
    return {
        "inotify": isinstance(syscall("inotify_init1", 0), int),
        "signals": libc.sigqueue(os.getpid(), 41, None) == 0,
        "locked": libc.mlock(ctypes.c_void_p(libc.malloc(4096)), 4096) == 0,
        "timers": isinstance(syscall("timer_create", 0, None, ctypes.create_string_buffer(8)), int),
        "pipe": os.write(writing, b"x" * 4096) == 4096,
        "messages": libc.msgget(0, 0o600) >= 0,
    }


async def test_what_the_kernel_counts_for_all_is_not_used_up_by_one(tight: Stage) -> None:
    async with tight.actor() as attacker, tight.actor() as victim:
        taken = await attacker.run(take_kernel_objects)
        assert "never" not in taken.values()
        assert (taken["keys"], taken["keyring"]) == ("EPERM", "EPERM")
        assert set((await victim.run(use_kernel_objects)).values()) == {True}


def send_to_nobody() -> str:
    one, other = socket.socketpair()
    one.setblocking(False)
    kept.append((one, other))

    def send() -> None:
        while True:
            try:
                socket.send_fds(one, [b"x"], [0] * 250)
            except BlockingIOError:  # this pair is full
                return

    said = ""
    for _ in range(40):
        said = attempt(send)
        if said != "done: None":
            break
        one, other = socket.socketpair()
        one.setblocking(False)
        kept.append((one, other))
    return said


def pass_a_descriptor_on() -> int:
    one, other = socket.socketpair()
    with one, other:
        socket.send_fds(one, [b"x"], [0])
        return len(socket.recv_fds(other, 10, 1)[1])


async def test_descriptors_in_flight_hold_up_no_birth(tight: Stage) -> None:
    async with tight.actor() as attacker:
        assert await attacker.run(send_to_nobody) == "ETOOMANYREFS"
        async with tight.actor() as newcomer:
            assert await newcomer.run("result = 'born'") == "born"
        await end(tight, attacker, await tight.runtime_id(attacker))


@pytest.mark.xfail(
    strict=True, reason="the kernel counts by operating-system user, which an app's users share"
)
async def test_descriptors_in_flight_are_not_used_up_by_one(tight: Stage) -> None:
    async with tight.actor() as attacker, tight.actor() as victim:
        await attacker.run(send_to_nobody)
        try:
            assert await victim.run(pass_a_descriptor_on) == 1
        finally:
            await end(tight, attacker, await tight.runtime_id(attacker))


# The gate


def connect_without_end() -> None:
    def connect() -> None:
        while True:
            for address in (("10.0.0.1", 80), ("127.0.0.1", 9)):
                with socket.socket() as asking:
                    asking.setblocking(False)
                    with contextlib.suppress(OSError):
                        asking.connect(address)

    def ask() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            while True:
                with contextlib.suppress(OSError):
                    asking.sendto(b"x", ("127.0.0.1", 53))  # too short to be passed on

    for work in (connect, connect, connect, connect, ask, ask):
        threading.Thread(target=work, daemon=True).start()


async def test_a_flood_of_connections_at_the_gate_delays_nobody(host: Host, tight: Stage) -> None:
    if not host.node("capabilities")["filtered_network"]:
        pytest.skip("there is no gate on this machine")
    async with attack_by(tight, connect_without_end):
        begun = time.monotonic()
        assert host.node("health")["status"] == "healthy"
        assert time.monotonic() - begun < 1
    assert os.path.exists(f"/proc/{host.agent.pid}")
