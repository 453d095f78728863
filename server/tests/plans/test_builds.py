"""Every example of bearable size is really built, started inside the walls, and asked over HTTP."""

import asyncio
import json
import os
import re
import signal
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from build_log import ListSink

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.contract import Artifact, BuildSettings, LogSink
from capsule.build.pipeline import Pipeline
from capsule.build.plan import Plan, Start
from capsule.build.toolchain import Toolchain
from capsule.build.tools import known_tool
from capsule.paths import DataPaths
from capsule.sandbox.box import Bind, Box
from capsule.sandbox.command import enclose
from capsule.sandbox.machine import Machine
from capsule.sandbox.system_files import machine_env

EXAMPLES = Path(__file__).parents[3] / "examples"
IDENTITY = 7

pytestmark = pytest.mark.slow


def examples() -> list[str]:
    found = {path.parent.name: json.loads(path.read_text()) for path in EXAMPLES.glob("*/expect.json")}
    # Those of a guide are built and deployed end to end, those of docker capsules where there is a daemon.
    return sorted(
        name
        for name, expect in found.items()
        if not (expect.get("plan_only") or expect.get("guide") or expect["type"] == "docker")
    )


@pytest.mark.parametrize("name", examples())
async def test_example_is_built_and_answers(
    name: str, pipeline: Pipeline, toolchain: Toolchain, machine: Machine, log: LogSink, tmp_path: Path
) -> None:
    expect = json.loads((EXAMPLES / name / "expect.json").read_text())
    settings = BuildSettings(type=expect["type"], **expect.get("settings", {}))
    if (needs := expect.get("needs")) and toolchain.tool(needs) is None:
        pytest.skip(f"needs the package {known_tool(needs).package}")
    plan = await pipeline.plan(EXAMPLES / name, settings)
    assert isinstance(plan, Plan), plan
    artifact = await pipeline.build(
        plan, tree=EXAMPLES / name, artifact_id=f"art_{name}", identity=IDENTITY, env={}, log=log
    )
    assert sorted(entry.name for entry in artifact.path.iterdir()) == ["app", "deps"]
    if "manifest" in expect:
        assert artifact.manifest is not None
        assert expect["manifest"].items() <= artifact.manifest.items()
        return
    if "worker_says" in expect:
        assert plan.start is None
        box, output = boxed(plan, plan.processes["worker"], artifact, tmp_path, port=0)
        assert expect["worker_says"] in await to_its_end(box, machine, output)
        return
    if plan.release is not None:
        box, output = boxed(plan, plan.release, artifact, tmp_path, port=0)
        assert expect["release_says"] in await to_its_end(box, machine, output)
    async with started(plan, artifact, machine, tmp_path) as port:
        status, text = await ask(port, expect["path"])
    assert (status, expect["text"] in text) == (expect["status"], True), text


async def test_folder_that_the_build_made_is_published(
    pipeline: Pipeline, log: LogSink, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("the source")
    settings = BuildSettings(type="frontend", build_command="mkdir out && echo 'the site' > out/index.html")
    plan = await pipeline.plan(tmp_path, settings)
    assert isinstance(plan, Plan), plan
    artifact = await pipeline.build(
        plan, tree=tmp_path, artifact_id="art_made", identity=IDENTITY, env={}, log=log
    )
    assert (artifact.path / "deps" / "site" / "index.html").read_text() == "the site\n"
    assert list((artifact.path / "app").iterdir()) == []


async def test_packages_of_an_unchanged_lock_file_are_copied(
    pipeline: Pipeline, log: ListSink, tmp_path: Path
) -> None:
    package = {"name": "kept", "dependencies": {"is-number": "7.0.0"}, "scripts": {"start": "node server.js"}}
    locked = {"": package, "node_modules/is-number": {"version": "7.0.0", "hasInstallScript": True}}
    (tmp_path / "server.js").write_text("require('http').createServer().listen(process.env.PORT)")

    async def build(number: int) -> str:
        (tmp_path / "package.json").write_text(json.dumps(package))
        lock = {"name": "kept", "lockfileVersion": 3, "packages": locked}
        (tmp_path / "package-lock.json").write_text(json.dumps(lock))
        plan = await pipeline.plan(tmp_path, BuildSettings(type="backend"))
        assert isinstance(plan, Plan), plan
        log.lines.clear()
        artifact = await pipeline.build(
            plan, tree=tmp_path, artifact_id=f"art_kept{number}", identity=77, env={}, log=log
        )
        installed = artifact.path / "app" / "node_modules" / "is-number" / "package.json"
        assert json.loads(installed.read_text())["version"] == "7.0.0"
        return log.text

    assert "copied from the cache" not in await build(1)
    again = await build(2)
    assert "copied from the cache" in again
    assert "rebuilt dependencies" in again
    package["description"] = "changed"
    assert "copied from the cache" not in await build(3)


async def test_an_app_without_packages_is_built_without_a_network(
    paths: DataPaths, toolchain: Toolchain, machine: Machine, pipeline: Pipeline, log: LogSink, tmp_path: Path
) -> None:
    """Once an app was built here."""
    (tmp_path / "app.py").write_text('import cpsl\napp = cpsl.App("offline", image=cpsl.Image())\n')
    settings = BuildSettings(type="app", entry="app.py:app")
    plan = await pipeline.plan(tmp_path, settings)
    assert isinstance(plan, Plan), plan
    await pipeline.build(plan, tree=tmp_path, artifact_id="art_1", identity=IDENTITY, env={}, log=log)
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    builder = ProcessBuilder(
        cache=paths.cache, toolchain=toolchain, machine=machine, server_env={**os.environ, **nowhere}
    )
    offline = Pipeline(paths, builder, toolchain)
    artifact = await offline.build(
        plan, tree=tmp_path, artifact_id="art_2", identity=IDENTITY, env={}, log=log
    )
    assert artifact.manifest is not None
    assert artifact.manifest["app_name"] == "offline"


def boxed(plan: Plan, start: Start, artifact: Artifact, tmp_path: Path, *, port: int) -> tuple[Box, Path]:
    """Return the box of one process of the artifact, and the file for what it prints."""
    places = {"app": "/app", "deps": "/deps", "port": str(port)}

    def fill(text: str) -> str:
        return re.sub(r"\{(app|deps|port)\}", lambda match: places[match[1]], text)

    scratch = Path(tempfile.mkdtemp(prefix="scratch", dir=tmp_path))
    tmp_path.chmod(0o755)
    box = Box(
        argv=tuple(map(fill, start.argv)),
        scratch=str(scratch),
        cwd="/app",
        identity=IDENTITY,
        env={
            **machine_env(),
            **{key: fill(value) for key, value in start.env.items()},
            "PORT": str(port),
            "HOME": "/tmp",
        },
        binds=(
            Bind(str(artifact.path / "app"), "/app"),
            Bind(str(artifact.path / "deps"), "/deps", read_only=True),
            *(Bind(path, path, read_only=True) for path in plan.visible),
        ),
    )
    return box, scratch.with_suffix(".output")


async def to_its_end(box: Box, machine: Machine, output: Path) -> str:
    command = enclose(box, machine, None)
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command.argv, env=command.env, cwd=command.cwd, stdout=file, stderr=file, start_new_session=True
        )
    await asyncio.wait_for(process.wait(), 60)
    return output.read_text()


@asynccontextmanager
async def started(plan: Plan, artifact: Artifact, machine: Machine, tmp_path: Path) -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert plan.start is not None
    box, output = boxed(plan, plan.start, artifact, tmp_path, port=port)
    command = enclose(box, machine, None)
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command.argv, env=command.env, cwd=command.cwd, stdout=file, stderr=file, start_new_session=True
        )
    try:
        await answering(port, process, output)
        yield port
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def answering(port: int, process: asyncio.subprocess.Process, output: Path) -> None:
    for _ in range(300):
        if process.returncode is not None:
            pytest.fail(f"ended with {process.returncode}: {output.read_text()}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return
    pytest.fail(f"never listened on {port}: {output.read_text()}")


async def ask(port: int, path: str) -> tuple[int, str]:
    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read().decode()

    return await asyncio.to_thread(get)
