"""How quickly a large repository is planned, against one walk over all its files."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.report import Measure, show
from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import Plan
from capsule.build.toolchain import Interpreter, Toolchain
from capsule.build.tools import KNOWN_TOOLS, Tool

_FILES = 50_000
_FOLDERS = 500
_TIMES = 5
_STARTS = {
    "python": {"requirements.txt": "flask\n", "zz/main.py": "from flask import Flask\napp = Flask('x')\n"},
    "node": {"package.json": '{"scripts": {"build": "tsc", "start": "node dist/index.js"}}'},
    "go": {"go.mod": "module x\n", "cmd/server/main.go": "package main\n"},
    "java": {"src/Main.java": "class Main { public static void main(String[] a) {} }"},
    "nothing": {"README": "of no known kind\n"},
}

_ENDINGS = {"python": "py", "node": "ts", "go": "go", "java": "java", "nothing": "txt"}


def run() -> None:
    rows = []
    for language, ending in _ENDINGS.items():
        with tempfile.TemporaryDirectory(prefix="capsule-plan-", dir=_memory()) as folder:
            root = Path(folder)
            _fill(root, ending, _STARTS[language])
            walk = _median(partial(_walk, root))
            plan = _median(partial(_plan, root))
        rows.append(
            Measure(
                f"plan of {_FILES:,} files .{ending}", f"{plan * 1000:.0f} ms",
                f"{walk * 1000:.0f} ms to walk over them", "< 1 s",
            )
        )  # fmt: skip
    show("Planning a large repository", rows)


def _fill(root: Path, ending: str, start: dict[str, str]) -> None:
    for number in range(_FOLDERS):
        folder = root / ("src" if number == 0 else f"part{number}")
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(_FILES // _FOLDERS):
            (folder / f"file{index}.{ending}").write_text(f"# {number} {index}\n")
    for name, text in start.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def _memory() -> str | None:
    """Return a folder in memory where there is one: writing 50,000 files to a busy disk takes minutes."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _walk(root: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(root))


def _plan(root: Path) -> object:
    found = make_plan(root, BuildSettings(type="backend"), _TOOLCHAIN)
    assert isinstance(found, Plan) or (root / "README").exists()
    return found


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


_TOOLCHAIN = Toolchain(
    uv="/x/uv", sdk="/x/cpsl.whl", sdk_digest="0", pythons=(Interpreter("3.11.9", "/usr/bin/python3"),),
    tools=(Tool("node", "20.20.2", "/usr/bin/node"),
           *(Tool(tool.name, "17.0.1", f"/usr/bin/{tool.program}") for tool in KNOWN_TOOLS)),
    server_python="/x/python", server_visible=(),
)  # fmt: skip
