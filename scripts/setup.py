"""Set up what is missing: system packages, virtual environment, web assets. Standard library only.

    python3 scripts/setup.py run      what `make up` needs
    python3 scripts/setup.py test     that, and what the tests need
    python3 scripts/setup.py bench    that, and what the benchmarks need

Each step leaves a stamp made of what it depends on, so that a second run does nothing and says so.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = ROOT / ".setup"
UV_VERSION = "0.13.9"
NODE_AT_LEAST = (20, 19)

# program or library to look for → Debian package; what each enables is told by `capsule doctor`
SYSTEM_PARTS: dict[str, dict[str, str]] = {
    "run": {"git": "git", "ssh": "openssh-client", "bwrap": "bubblewrap", "setpriv": "util-linux"},
    # libatomic: the browser driver's own Node needs it and does not bring it
    "test": {
        "chromium": "chromium",
        "fc-list": "fontconfig",
        "libatomic.so.1": "libatomic1",
        "sshd": "openssh-server",
        "dockerd": "docker.io",
        "debootstrap": "debootstrap",
        # examples of these languages are really built
        "php": "php-cli",
        "ruby": "ruby",
    },
    "bench": {"nginx": "nginx-light", "wrk": "wrk"},
}


def main() -> int:
    purpose = sys.argv[1] if len(sys.argv) > 1 else "run"
    if purpose not in SYSTEM_PARTS:
        print(f"setup: unknown purpose {purpose!r}; one of {', '.join(SYSTEM_PARTS)}", file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs before anything is installed)
        print("setup: Python 3.11 or newer is needed, this is", sys.version.split()[0], file=sys.stderr)
        return 1
    try:
        system_parts(purpose)
        virtual_environment(with_tests=purpose != "run")
        web_assets()
    except subprocess.CalledProcessError as exc:
        print(
            f"setup: `{' '.join(map(str, exc.cmd))}` failed with exit code {exc.returncode}.", file=sys.stderr
        )
        return 1
    return 0


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def run(*argv: str | Path, quiet: bool = False, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    argv_text = [str(part) for part in argv]
    if not quiet:
        subprocess.run(argv_text, check=True, cwd=cwd, env=env)
        return
    done = subprocess.run(argv_text, check=False, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout[-4000:] + done.stderr[-4000:], file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, argv_text)


def system_parts(purpose: str) -> None:
    """Install missing programs where that is allowed; elsewhere say what to install and go on."""
    purposes = ["run"] if purpose == "run" else ["run", purpose]
    wanted = {program: package for name in purposes for program, package in SYSTEM_PARTS[name].items()}
    missing = sorted({package for name, package in wanted.items() if not on_system(name)})
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"not installed on this system: {', '.join(missing)}. Everything still starts;")
        say(f"`capsule doctor` tells what each enables. On Debian: apt-get install {' '.join(missing)}")
        return
    extra = ["fonts-liberation"] if "chromium" in missing else []
    say(f"installing system packages: {', '.join(missing + extra)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", quiet=True, env=env)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, *extra, quiet=True, env=env)


def on_system(name: str) -> bool:
    if ".so" in name:
        return any(path for folder in ("/usr/lib", "/lib") for path in Path(folder).glob(f"*/{name}"))
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return shutil.which(name, path=search) is not None


def virtual_environment(*, with_tests: bool) -> None:
    python = VENV / "bin" / "python"
    if not python.exists():
        say("making the virtual environment .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        make_venv()
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}")
    groups = (["dev"] if with_tests or group_installed("dev") else []) + ([] if system_node() else ["node"])
    stamp = digest(
        [ROOT / "uv.lock", *ROOT.glob("*/pyproject.toml"), ROOT / "pyproject.toml"], *groups, str(ROOT)
    )
    if is_done("python", stamp):
        return
    say(f"installing Python packages{' and test tools' if 'dev' in groups else ''}")
    started = time.monotonic()
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV), "VIRTUAL_ENV": str(VENV)}
    options = [option for group in groups if group != "dev" for option in ("--group", group)]
    run(
        uv, "sync", "--quiet", "--frozen", "--inexact", "--python", python, "--no-python-downloads",
        "--dev" if "dev" in groups else "--no-dev", *options, env=env,
    )  # fmt: skip
    done("python", stamp)
    say(f"Python packages ready ({time.monotonic() - started:.0f} s)")


def make_venv() -> None:
    try:
        run(sys.executable, "-m", "venv", VENV, quiet=True)
    except subprocess.CalledProcessError:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            say("Python's venv module is incomplete; install python3-venv")
            raise
        run("apt-get", "update", "-qq", quiet=True)
        run("apt-get", "install", "-y", "-qq", "python3-venv", quiet=True)
        run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True)


def group_installed(group: str) -> bool:
    return group == "dev" and (VENV / "bin" / "pytest").exists()


def system_node() -> str | None:
    """Path of the system's Node if it is new enough to build the web assets."""
    node = shutil.which("node")
    if node is None or Path(node).is_relative_to(VENV):
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < NODE_AT_LEAST or not shutil.which("npm"):
        return None
    return node


def web_assets() -> None:
    web = ROOT / "web"
    ignored = {"node_modules", "dist"}
    files = [
        path
        for path in sorted(web.rglob("*"))
        if path.is_file() and not ignored & set(path.relative_to(web).parts)
    ]
    stamp = digest(files)
    if (web / "dist" / "console" / "index.html").exists() and is_done("web", stamp):
        return
    env = {**os.environ, "PATH": os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", "")])}
    if system_node():
        env = dict(os.environ)
    started = time.monotonic()
    lock = digest([web / "package-lock.json", web / "package.json"])
    if not (web / "node_modules").exists() or not is_done("npm", lock):
        say("installing web packages")
        run("npm", "ci", "--no-audit", "--no-fund", quiet=True, env=env, cwd=web)
        done("npm", lock)
    say("building the web console and the chat shell")
    run("npm", "run", "--silent", "build", quiet=True, env=env, cwd=web)
    done("web", stamp)
    say(f"web assets ready ({time.monotonic() - started:.0f} s)")


def digest(files: Iterable[Path], *words: str) -> str:
    found = hashlib.sha256(repr(words).encode())
    for path in sorted(files):
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def is_done(step: str, stamp: str) -> bool:
    path = STAMPS / step
    return path.exists() and path.read_text() == stamp


def done(step: str, stamp: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(stamp)


if __name__ == "__main__":
    sys.exit(main())
