"""How quickly the command line starts, against the bare interpreter."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import Measure, show

_TIMES = 15


def run() -> None:
    capsule = str(Path(sys.executable).parent / "capsule")
    bare = median([sys.executable, "-c", "pass"])
    rows = [Measure("python -c pass", f"{bare * 1000:.0f} ms")]
    for arguments in (["--help"], ["deploy", "--help"], ["--version"]):
        taken = median([capsule, *arguments])
        aim = "< 150 ms" if arguments == ["--help"] else ""
        rows.append(
            Measure(
                f"capsule {' '.join(arguments)}", f"{taken * 1000:.0f} ms", f"{taken / bare:.1f}× bare", aim
            )
        )
    show("Command line start", rows)


def median(command: list[str]) -> float:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
