"""Run mypy over everything. Test folders are no packages, so equal file names go into separate runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["sdk/src", "server/src", "scripts", "benchmarks"]
TESTS = ["sdk/tests", "server/tests"]


def main() -> int:
    failed = check(SOURCES)
    for group in groups():
        failed |= check([str(path.relative_to(ROOT)) for path in group])
    return failed


def groups() -> list[list[Path]]:
    """Put the test folders into as few runs as possible without two files of one name in a run."""
    found: list[tuple[set[str], list[Path]]] = []
    folders = sorted({path.parent for tests in TESTS for path in (ROOT / tests).rglob("*.py")})
    for folder in folders:
        files = sorted(folder.glob("*.py"))
        names = {path.name for path in files}
        group = next((group for group in found if not group[0] & names), None)
        if group is None:
            group = (set(), [])
            found.append(group)
        group[0].update(names)
        group[1].extend(files)
    return [files for _, files in found]


def check(paths: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "mypy", *paths], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
