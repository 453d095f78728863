"""Run the web workspace's own checks with the Node that set-up chose: check, lint, typecheck, test, build."""

import os
import subprocess
import sys
from pathlib import Path

from setup import system_node

ROOT = Path(__file__).resolve().parent.parent
CHECKS = {"check": ("lint", "typecheck", "test")}


def main() -> int:
    task = sys.argv[1] if len(sys.argv) > 1 else "check"
    for script in CHECKS.get(task, (task,)):
        command = ["npm", "run", "--silent", script]
        code = subprocess.run(command, cwd=ROOT / "web", env=web_environment(), check=False).returncode
        if code != 0:
            return code
    return 0


def web_environment() -> dict[str, str]:
    """Return the environment in which `node` and `npm` are the ones that set-up chose."""
    path = os.environ.get("PATH", "")
    if not system_node():
        path = os.pathsep.join([str(ROOT / ".venv" / "bin"), path])
    return {**os.environ, "PATH": path}


if __name__ == "__main__":
    sys.exit(main())
