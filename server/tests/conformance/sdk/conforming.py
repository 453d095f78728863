"""Host an app as a deployment would: with the manifest that the runtime itself writes."""

import asyncio
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from apphost import Browser, Host, Replica

from capsule.engines.contract import Mount
from capsule.reconcile.storage import share

HEAD = """
import asyncio, os, sys, time
import cpsl

data = cpsl.FileSystem("reports")
app = cpsl.App(name="conforming", image=cpsl.Image())
"""


def load(folder: Path, entry: str) -> tuple[int, dict[str, Any], str]:
    """Load an entry in a process of its own; return exit code, manifest ({} if none), what stderr says."""
    output = folder / "manifest.json"
    command = [sys.executable, "-m", "cpsl.runtime", "manifest", entry, "--output", str(output)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    found: dict[str, Any] = json.loads(output.read_text()) if output.exists() else {}
    return done.returncode, found, done.stderr


async def hosted(
    host: Host, source: str, *, data: Path | None = None, capsule_id: str | None = None, release: str = "1"
) -> tuple[str, Replica]:
    """Host what HEAD and `source` declare; with `data`, that folder is mounted at `/data`."""
    text = HEAD + textwrap.dedent(source)
    more: dict[str, Any] = {}
    if data is not None:
        share(data)
        text = text.replace("image=cpsl.Image()", 'image=cpsl.Image(), filesystems={"/data": data}')
        more["mounts"] = (Mount(str(data), "/data"),)
    replica = host.run(text, capsule_id=capsule_id, **more)
    code, manifest, said = await asyncio.to_thread(load, host.data.artifact(replica.id) / "app", "app.py:app")
    assert code == 0, said
    mounts = {} if data is None else {"/data": str(data)}
    return await host.put(replica, manifest=manifest, mounts=mounts, release=release), replica


def path_of(url: str) -> str:
    """Return the part of an app's URL that is asked of its host."""
    return url.removeprefix("http://demo.localhost")


def shown(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the elements in a list of events, without those that only mark a place."""
    return [
        event["data"] for event in events if event["type"] == "block" and not event["data"].get("is_stub")
    ]


async def asked(browser: Browser, session: str) -> dict[str, Any]:
    """Wait until a prompt is open and return its element."""
    async with asyncio.timeout(20):
        async for event in browser.events(session):
            for block in shown([event]):
                if block["payload"].get("blocking") and not block["payload"].get("completed"):
                    return block
    raise AssertionError("the stream ended")
