"""Run every check and test in two lanes: what only computes, and what waits, kills and drives browsers.

The lane that computes yields the processor (`nice`), so that the other one is not disturbed: its tests
expect answers in time. What it printed comes at the end. Standard library only.

    python3 scripts/test.py [pytest options]
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (str(Path(sys.executable).with_name("pytest")), "--durations=20", "--durations-min=5")
BESIDE = "--beside"

WAITS = ("server/tests/unit/apps", "server/tests/attackers", "server/tests/e2e")


def main() -> int:
    options = sys.argv[1:]
    if options[:1] == [BESIDE]:
        return beside(options[1:])
    with tempfile.TemporaryFile("w+") as output:
        other = subprocess.Popen(
            [sys.executable, __file__, BESIDE, *options],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.nice(10),
        )
        try:
            in_front = call(*PYTEST, *WAITS, *options)
            behind = other.wait()
        finally:
            other.kill()
        output.seek(0)
        print(output.read())
    return in_front or behind


def beside(options: list[str]) -> int:
    """Run the checks, and the tests that do not wait for anything."""
    checks = call("make", "--no-print-directory", "check")
    return call(*PYTEST, *(f"--ignore={path}" for path in WAITS), *options) or checks


def call(*argv: str) -> int:
    return subprocess.run(argv, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
