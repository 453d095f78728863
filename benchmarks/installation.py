"""A running installation: idle memory of the control plane, redeploys, requests lost while redeploying."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from benchmarks.report import Measure, show

_CAPSULE = str(Path(sys.executable).parent / "capsule")


def run() -> None:
    data = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "CAPSULE_DATA": str(data),
        "HOME": str(data),
        "CONFIG_PATH": str(data / "config.ini"),
    }

    def capsule(*arguments: str) -> None:
        subprocess.run([_CAPSULE, *arguments], env=env, check=True, capture_output=True)

    try:
        started = time.perf_counter()
        capsule("up", "-d", "--port", str(port), "--no-demo")
        up = time.perf_counter() - started
        time.sleep(5)
        show("Control plane", [Measure("capsule up -d, first start", f"{up:.1f} s"), *memory(data)])
        show("Redeploys", redeploys(capsule, port, data))
    finally:
        subprocess.run([_CAPSULE, "down", "--all"], env=env, check=False, capture_output=True)
        shutil.rmtree(data, ignore_errors=True)


def memory(data: Path) -> list[Measure]:
    """Proportional set size of each process with its children; shared pages are counted once."""
    sizes = {name: 0.0 for name in ("server", "node", "edge", "apps")}
    for name in sizes:
        for pid in family(process_id(data, name)):
            sizes[name] += pss_mb(pid)
    rows = [Measure(f"memory of {name}, idle", f"{size:.0f} MB") for name, size in sizes.items()]
    total = sizes["server"] + sizes["node"] + sizes["edge"]
    bare = bare_interpreter_mb()
    rows.append(
        Measure(
            "server + node + edge",
            f"{total:.0f} MB",
            f"{total / bare:.0f} bare interpreters of {bare:.0f} MB",
            "< 150 MB",
        )
    )
    return rows


def process_id(data: Path, name: str) -> int:
    from capsule.installation import pidfile
    from capsule.paths import DataPaths

    running = pidfile.read(DataPaths(data).pid_file(name))
    if running is None:
        raise SystemExit(f"the {name} is not running")
    return running.pid


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in family(int(child)))]


def pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def bare_interpreter_mb() -> float:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    time.sleep(0.3)
    size = pss_mb(child.pid)
    child.communicate(b"\n")
    return size


def redeploys(capsule: Callable[..., None], port: int, data: Path) -> list[Measure]:
    folder = data / "site"
    folder.mkdir()
    page = folder / "index.html"
    page.write_text("<!doctype html>0")
    deploy = ("deploy", str(folder), "--type", "frontend", "--name", "site")
    first = timed(lambda: capsule(*deploy))
    unchanged = timed(lambda: capsule(*deploy))
    load = Load(port)
    load.start()
    taken = []
    for number in range(1, 21):
        page.write_text(f"<!doctype html>{number}")
        taken.append(timed(lambda: capsule(*deploy)))
    load.stop()
    return [
        Measure("first deploy of a static page", f"{first:.1f} s"),
        Measure(
            "redeploy without changes", f"{unchanged:.1f} s", f"{unchanged / first:.2f}× the first", "< 5 s"
        ),
        Measure("20 redeploys under load, each", f"{sum(taken) / 20:.1f} s"),
        Measure("requests failed meanwhile", str(load.failed), f"of {load.answered}", "0"),
    ]


def timed(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


class Load:
    """Four clients that ask all the time."""

    def __init__(self, port: int) -> None:
        self.answered = 0
        self.failed = 0
        self._url = f"http://127.0.0.1:{port}/"
        self._host = f"site.localhost:{port}"
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx2.Client(headers={"Host": self._host}, timeout=30) as client:
            while not self._ended.is_set():
                try:
                    good = client.get(self._url).status_code == 200
                except httpx2.HTTPError:
                    good = False
                self.answered += 1
                self.failed += not good
                time.sleep(0.002)
