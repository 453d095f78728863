"""Other users' memory: what is left of it in a fork, and what can be read or signalled from outside."""

import ctypes
import os
import resource
import signal
import subprocess

from stage import Actor, Stage, new_word
from tools import OWNER, TOKEN, WORD, attempt, read, search_memory, syscall
from victims import hide


def remember() -> list[list[str]]:
    return [search_memory(pattern) for pattern in (WORD, TOKEN, OWNER)]


async def test_a_new_runtime_finds_nothing_of_earlier_ones_in_its_memory(stage: Stage) -> None:
    async with stage.actor() as first, stage.actor() as second:
        for victim in (first, second):
            await victim.run(hide, new_word())
        # A line without an end stays with whoever passes lines on.
        await second.run(f"import sys; sys.stdout.write({new_word()!r}); sys.stdout.flush()")
        async with stage.actor() as attacker:
            words, tokens, owners = await attacker.run(remember)
            own = await attacker.run("result = os.environ['CAPSULE_RUNNER_TOKEN']")
    foreign = [token for token in tokens if token not in own]  # pieces of its own lie about, too
    assert (words, foreign, owners[1:]) == ([], [], []), "an owner of its own it may know"


def touch_processes(pids: list[int]) -> dict[str, list[str]]:
    buffer = ctypes.create_string_buffer(64)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    found = {}
    for pid in pids:
        pidfd = syscall("pidfd_open", pid, 0)
        found[str(pid)] = [
            attempt(read, f"/proc/{pid}/mem"),
            attempt(read, f"/proc/{pid}/environ"),
            attempt(os.listdir, f"/proc/{pid}/root"),
            attempt(os.listdir, f"/proc/{pid}/fd"),
            attempt(os.kill, pid, 0),
            attempt(os.kill, pid, signal.SIGKILL),
            str(pidfd),
            str(syscall("ptrace", 16, pid, 0, 0)),
            str(syscall("process_vm_readv", pid, vector, 1, vector, 1, 0)),
            str(syscall("process_vm_writev", pid, vector, 1, vector, 1, 0)),
            str(syscall("kcmp", 1, pid, 0, 0, 0)),
        ]
    return found


async def test_processes_of_others_cannot_be_read_traced_or_signalled(
    stage: Stage, attacker: Actor, victim: Actor
) -> None:
    await victim.run(hide, new_word())
    zygote = int(stage.replica.status()["pid"])
    agent = stage.host.agent.pid
    pids = [pid for pid in (await stage.pid(victim), zygote, agent, stage.host.process.pid, os.getpid())]
    found = await attacker.run(touch_processes, pids)
    for answers in found.values():
        assert set(answers) <= {"ENOENT", "ESRCH", "EPERM", "EACCES"}, found
    assert await victim.run("result = 'alive'") == "alive"


async def test_a_runtime_sees_no_process_but_its_own(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    seen = await attacker.run("import os; result = [name for name in os.listdir('/proc') if name.isdigit()]")
    assert seen == ["1"]


def signal_everybody() -> list[str]:
    child = os.fork()
    if child == 0:
        os.setsid()
        for pid in (1, -2, 0, -1):
            attempt(os.kill, pid, signal.SIGKILL if pid == 1 else signal.SIGCONT)
        attempt(os.kill, -1, signal.SIGKILL)  # all but the first process and itself
        os._exit(0)
    own = os.waitpid(child, 0)[1]
    killed = []
    for pid in range(2, 40_000):
        if attempt(os.kill, pid, signal.SIGKILL) != "ESRCH":
            killed.append(str(pid))
    return [str(own), *killed]


async def test_signals_reach_nobody_else(stage: Stage, attacker: Actor, victim: Actor) -> None:
    before = [int(stage.replica.status()["pid"]), await stage.pid(victim)]
    await attacker.run(signal_everybody)
    assert [int(stage.replica.status()["pid"]), await stage.pid(victim)] == before
    for pid in (*before, stage.host.agent.pid, stage.host.process.pid):
        os.kill(pid, 0)
    assert await victim.run("result = 'alive'") == "alive"


def crash() -> list[str]:
    asked = []
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        asked.append("limit raised")
    except (OSError, ValueError):
        pass
    before = {path: set(os.listdir(path)) for path in ("/app", "/tmp", os.environ["HOME"])}
    # Not with the app's own interpreter, which may lie below a /tmp that is not the runtime's.
    for folder in ("/tmp", None):
        subprocess.run(["/bin/sh", "-c", "kill -ABRT $$"], check=False, cwd=folder)
    return [*asked, *(name for path, names in before.items() for name in set(os.listdir(path)) - names)]


async def test_a_crash_dumps_no_memory(attacker: Actor) -> None:
    assert await attacker.run(crash) == []


async def test_the_environment_of_the_first_process_holds_no_token(attacker: Actor) -> None:
    environ = await attacker.run("result = open('/proc/1/environ').read()")
    assert "CAPSULE_RUNNER_TOKEN" not in environ
