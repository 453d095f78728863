"""Run the tests in two lanes: what only computes beside what waits, kills processes and drives browsers.

The lane that computes yields the processor (`nice`), so that the other one is not disturbed: its tests
expect answers in time. Standard library only.

    python3 scripts/test.py [pytest options]
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = Path(sys.executable).with_name("pytest")

WAITS = (
    "server/tests/unit/apps",
    "server/tests/edge",
    "server/tests/conformance",
    "server/tests/attackers",
    "server/tests/e2e",
)


def main() -> int:
    options = sys.argv[1:]
    all_others = [f"--ignore={path}" for path in WAITS]
    with tempfile.TemporaryFile("w+") as output:
        beside = subprocess.Popen(
            [PYTEST, *all_others, *options],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.nice(10),
        )
        try:
            in_front = subprocess.run([PYTEST, *WAITS, *options], cwd=ROOT, check=False).returncode
            behind = beside.wait()
        finally:
            beside.kill()
        output.seek(0)
        print(output.read())
    return in_front or behind


if __name__ == "__main__":
    sys.exit(main())
