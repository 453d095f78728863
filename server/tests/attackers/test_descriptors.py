"""What a fresh runtime holds open, and what can be done with it."""

import fcntl
import os
import socket
import struct
from pathlib import Path

import pytest
from apphost import Host, eventually
from stage import Actor, Stage, new_word
from tools import attempt


def list_descriptors() -> dict[str, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            continue  # the listing's own
        found[name] = os.readlink(f"/proc/self/fd/{name}").partition(":")[0]
    return found


async def test_a_fresh_runtime_holds_nothing_but_its_own_pipes_and_sockets(attacker: Actor) -> None:
    found = await attacker.run(list_descriptors)
    assert found.pop("0") == "/dev/null"
    assert [found.pop("1"), found.pop("2")] == ["pipe", "pipe"]
    # Of its loop: a poll and a pair to wake it; then its listener and the two connections of the app host,
    # of which the one for lookups is held twice.
    assert sorted(found.values()) == ["anon_inode", *["socket"] * 6]


def misuse_sockets(name: str) -> list[str]:
    answers = []
    for number in range(3, 64):
        try:
            held = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        with held:
            answers.append(attempt(held.connect, name))
            answers.append(attempt(held.bind, name + "-own"))
            if not held.getsockname():
                continue  # of the loop's own pair
            answers.append(attempt(fcntl.ioctl, held, 0x8912, struct.pack("iP", 0, 0)))  # SIOCGIFCONF
            answers.append(attempt(fcntl.ioctl, held, 0x894C))  # SIOCGSKNS
    return answers


async def test_sockets_made_outside_lead_nowhere_outside(attacker: Actor) -> None:
    """The listener and its connections were made in other networks than the runtime's."""
    name = f"\0{new_word()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        listener.setblocking(False)
        answers = await attacker.run(misuse_sockets, name)
        with pytest.raises(BlockingIOError):
            listener.accept()
        assert f"@{name[1:]}-own" not in Path("/proc/net/unix").read_text()
        assert {"EINVAL", "EPERM"} <= set(answers), answers
        assert {"EISCONN", "EACCES"} & set(answers), answers
        assert not any("done" in answer and "None" not in answer for answer in answers), answers


def send_descriptors(count: int) -> int:
    sent = 0
    for number in range(3, 64):
        try:
            held = socket.socket(fileno=os.dup(number))
            held.getpeername()
        except OSError:
            continue
        with held:
            if not held.getsockname():
                continue  # of the loop's own pair
            held.setblocking(False)
            for _ in range(count):
                try:
                    socket.send_fds(held, [b"\n"], [0] * 200)
                    sent += 1
                except OSError:
                    break
    return sent


async def test_descriptors_sent_to_the_app_host_stay_with_nobody(host: Host, stage: Stage) -> None:
    async with stage.actor() as attacker, stage.actor() as victim:
        pid = host.process.pid
        before = len(os.listdir(f"/proc/{pid}/fd"))
        await attacker.begin(send_descriptors, 20)
        assert await victim.run("result = 'alive'") == "alive"
        assert eventually(lambda: len(os.listdir(f"/proc/{pid}/fd")) < before + 50)
