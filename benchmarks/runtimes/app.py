"""The app that is measured, with the packages it imports: a web framework, a model SDK and an ORM."""

import compileall
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".setup" / "bench"
PACKAGES = ("fastapi", "openai", "sqlalchemy")
ENTRY = "app.py:app"

SOURCE = """
import fastapi
import openai
import sqlalchemy.orm

import cpsl

app = cpsl.App(name="echo", image=cpsl.Image())


@app.message()
async def handle(session, msg):
    await session.reply(f"You said: {msg.text}")
"""

ALONE = """
import socket, sys
from cpsl.runtime.life import make_life
from cpsl.runtime.loader import load
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
listener.setblocking(False)
make_life(load("app.py:app"))(listener)
"""
"""The same app as a process of its own: loads it, then lives as a runtime does."""


def packages() -> Path:
    """Return the folder with the packages and their bytecode, installed unless it is there already."""
    folder = CACHE / f"deps-{sys.version_info.major}.{sys.version_info.minor}"
    if not folder.is_dir():
        print(f"installing {', '.join(PACKAGES)} for the benchmark", file=sys.stderr)
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        uv = str(Path(sys.executable).parent / "uv")
        target = ["--target", str(fresh), "--python", sys.executable]
        subprocess.run([uv, "pip", "install", "--quiet", *target, *PACKAGES], check=True)
        compileall.compile_dir(fresh, quiet=2, workers=0)
        fresh.rename(folder)
    return folder


def make_artifact(folder: Path) -> Path:
    """Write a release's files as a build would leave them, with bytecode."""
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "app.py").write_text(SOURCE)
    compileall.compile_dir(folder / "app", quiet=2)
    shutil.copytree(packages(), folder / "deps", symlinks=True)
    return folder
