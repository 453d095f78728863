"""Run the web workspace's own checks with the Node that set-up chose: check, lint, typecheck, test, build."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = {"check": ("lint", "typecheck", "test")}


def main() -> int:
    task = sys.argv[1] if len(sys.argv) > 1 else "check"
    sys.path.insert(0, str(ROOT / "scripts"))
    from setup import system_node

    path = os.environ.get("PATH", "")
    if not system_node():
        path = os.pathsep.join([str(ROOT / ".venv" / "bin"), path])
    for script in CHECKS.get(task, (task,)):
        code = subprocess.run(
            ["npm", "run", "--silent", script],
            cwd=ROOT / "web",
            env={**os.environ, "PATH": path},
            check=False,
        ).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
