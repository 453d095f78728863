"""A filesystem over its size, as a real app meets it: its writer is ended, and can then only remove."""

import asyncio
from pathlib import Path

from apphost import Host, Replica, status

from capsule.apps.client import AppHostClient
from capsule.engines.contract import Mount
from capsule.reconcile.storage import share

MIB = 1024 * 1024

APP = """
import asyncio, os
import cpsl

app = cpsl.App(name="writer", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    command, _, name = msg.text.partition(" ")
    if command == "fill":
        with open(f"/data/{name}", "wb") as file:
            for _ in range(64):
                file.write(os.urandom(1024 * 1024))
                file.flush()
                await asyncio.sleep(0.05)
        await session.reply("filled")
    elif command == "write":
        try:
            with open(f"/data/{name}", "wb") as file:
                file.write(b"x" * 1000)
        except OSError as exc:
            await session.reply(type(exc).__name__)
        else:
            await session.reply("written")
    elif command == "remove":
        os.remove(f"/data/{name}")
        await session.reply("removed")
    elif command == "read":
        with open(f"/data/{name}", "rb") as file:
            await session.reply(f"{len(file.read())}")
"""


def make(host: Host, root: Path, size: str) -> tuple[Replica, Path]:
    folder = root / "reports"
    share(folder)
    (root / "reports.size").write_text(size)
    mount = Mount(str(folder), "/data", name="reports", size_file=str(root / "reports.size"))
    return host.run(APP, mounts=(mount,)), folder


async def test_writer_over_the_size_is_ended_and_can_then_only_remove(host: Host) -> None:
    root = host.data.root / "storage"
    root.mkdir(mode=0o755)
    replica, folder = make(host, root, "8")
    capsule = await host.put(replica, mounts={"/data": str(folder)})
    async with host.browser(capsule) as browser, host.browser(capsule) as other:
        session, others = await browser.open(), await other.open()
        assert await browser.say(session, "write small") == ["written"]
        assert await other.say(others, "read small") == ["1000"]
        sent = await browser.send(session, "fill big")
        events = await browser.until_ended(session, sent["turn_id"], 60)
        assert status(events) == "interrupted"
        assert "'reports' is over its size of 8 MiB" in events[-1]["data"]["error"]
        assert await asyncio.to_thread(replica.logged, "'reports' is over its size")
        used = (folder / "big").stat().st_size
        assert 8 * MIB - 4096 <= used < 48 * MIB
        with (folder / "big").open("ab") as file:
            file.write(b"x" * MIB)  # it may have been ended right at the limit

        assert await browser.say(session, "write more") == ["PermissionError"]
        assert await browser.say(session, "read small") == ["1000"]
        assert await other.say(others, "read small") == ["1000"]  # who did not write was not ended
        assert (await browser.get("/api/mounts/data/small")).content == b"x" * 1000
        assert await browser.say(session, "remove big") == ["removed"]

        (folder.parent / "reports.size").write_text("16")
        await restart(host, capsule)
        assert await browser.say(session, "write more") == ["written"]


async def restart(host: Host, capsule: str) -> None:
    client = AppHostClient(host.data.apps_control_socket)
    try:
        for runtime in (await client.runtimes(capsule, "deploy")).runtimes:
            await client.stop_runtime(capsule, "deploy", runtime.user_id)
    finally:
        await client.close()
