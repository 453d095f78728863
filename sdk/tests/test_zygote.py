"""The zygote: one loaded app, a runtime for each order, and what it does when the app cannot be copied."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from zygote_engine import Zygote

from cpsl.wire import PROTOCOL, Ended, Hello, Ready, Refused, decode, encode

APP = """
import os, sys
import cpsl
print("loaded in", os.getpid(), flush=True)
{extra}
app = cpsl.App("z", image=cpsl.Image())

@app.boot()
def boot():
    print("booted as", os.environ.get("WHO"), flush=True)
    {boot}
"""

Start = Callable[..., Zygote]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Zygote] = []

    def make(extra: str = "", boot: str = "pass") -> Zygote:
        started.append(Zygote(tmp_path, APP.format(extra=extra, boot=boot)))
        return started[-1]

    yield make
    for zygote in started:
        zygote.close()


async def greet(path: Path) -> object:
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(encode(Hello(PROTOCOL)))
        return decode(await reader.readline())
    finally:
        writer.close()


def logged(zygote: Zygote, text: str) -> bool:
    for _ in range(500):
        if text in zygote.log.read_text(errors="replace"):
            return True
        time.sleep(0.01)
    return False


async def test_the_app_is_loaded_once_and_booted_in_each_runtime(start: Start) -> None:
    zygote = start()
    assert zygote.loaded().is_forked
    for who in ("ada", "bob"):
        assert isinstance(await greet(zygote.wake(who, {"WHO": who})), Ready)
        assert logged(zygote, f"\x1e{who}\x1fbooted as {who}")
    assert zygote.log.read_text().count("loaded in") == 1


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            "thread",
        ),
        ("import socket; kept = socket.socket()", "connection"),
        ("import subprocess; kept = subprocess.Popen(['sleep', '60'])", "process"),
        ("import os; kept = os.pipe()", "pipe"),
        ("kept = open('journal.txt', 'w')", "journal.txt open for writing"),
        ("import mmap; kept = mmap.mmap(-1, 4096)", "shares memory"),
        ("import select; kept = select.epoll()", "eventpoll"),
    ],
)
async def test_an_app_that_cannot_be_copied_is_loaded_anew_in_each_runtime(
    start: Start, extra: str, why: str
) -> None:
    zygote = start(extra)
    loaded = zygote.loaded()
    assert not loaded.is_forked
    assert why in " ".join(loaded.obstacles)
    for who in ("ada", "bob"):
        assert isinstance(await greet(zygote.wake(who, {"WHO": who})), Ready)
        assert logged(zygote, f"\x1e{who}\x1fbooted as {who}")
    assert zygote.log.read_text().count("loaded in") == 3


async def test_files_opened_for_reading_have_a_position_of_their_own_in_each_runtime(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "data.txt").write_text("abcdef")
    zygote = start("data = open('data.txt'); data.read(0)", "print('read', data.read(3), flush=True)")
    assert zygote.loaded().is_forked
    for who in ("ada", "bob"):
        await greet(zygote.wake(who))
        assert logged(zygote, f"\x1e{who}\x1fread abc")


async def test_random_numbers_differ_between_runtimes(start: Start) -> None:
    zygote = start("import random", "print('drew', random.random(), flush=True)")
    zygote.loaded()
    for who in ("ada", "bob"):
        await greet(zygote.wake(who))
        assert logged(zygote, f"\x1e{who}\x1fdrew")
    drawn = {line.split("drew")[1] for line in zygote.log.read_text().split("\n") if "drew" in line}
    assert len(drawn) == 2


async def test_a_boot_that_raises_is_told_to_the_host_and_ends_the_runtime_only(start: Start) -> None:
    zygote = start(boot="raise OSError('no disk')")
    zygote.loaded()
    refused = await greet(zygote.wake("ada"))
    assert refused == Refused("boot failed: OSError: no disk")
    assert zygote.ended() == Ended("ada", code=1)
    assert zygote.process.poll() is None


async def test_the_end_of_a_runtime_is_told_with_its_signal(start: Start) -> None:
    zygote = start(boot="os.kill(os.getpid(), 9)")
    zygote.loaded()
    with pytest.raises((ValueError, ConnectionError)):
        await greet(zygote.wake("ada"))
    assert zygote.ended() == Ended("ada", signal=int(signal.SIGKILL))


async def test_an_engine_that_comes_back_is_told_what_lives_and_what_has_ended(start: Start) -> None:
    zygote = start(boot="print('pid', os.getpid(), flush=True)")
    zygote.loaded()
    await greet(zygote.wake("ada"))
    await greet(zygote.wake("bob"))
    assert logged(zygote, "\x1ebob\x1fpid")
    zygote.disconnect()
    pid = next(line.split()[-1] for line in zygote.log.read_text().split("\n") if "\x1eada\x1fpid" in line)
    await asyncio.sleep(0.1)
    os.kill(int(pid), signal.SIGKILL)
    await asyncio.sleep(0.2)
    zygote.connect()
    assert zygote.prepared.runtimes == ["bob"]
    assert zygote.loaded().is_forked
    assert zygote.ended() == Ended("ada", signal=int(signal.SIGKILL))


async def test_a_runtime_that_floods_its_output_delays_no_birth(start: Start) -> None:
    zygote = start(
        """
def flood():
    while True:
        print("x" * 500)
""",
        "if os.environ.get('WHO') == 'loud':"
        " __import__('threading').Thread(target=flood, daemon=True).start()",
    )
    zygote.loaded()
    await greet(zygote.wake("loud", {"WHO": "loud"}))
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    for number in range(5):
        assert isinstance(await greet(zygote.wake(f"calm{number}")), Ready)
    assert time.monotonic() - begun < 5
    assert zygote.log.stat().st_size < 20_000_000


def test_a_broken_app_ends_the_zygote_with_one_line(start: Start) -> None:
    zygote = start("import nowhere_to_be_found")
    assert zygote.process.wait(20) == 1
    assert "Error: app.py:5: ModuleNotFoundError" in zygote.log.read_text()
