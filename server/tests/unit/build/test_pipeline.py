"""From source to artifact by the pipeline, as the control plane calls it."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.contract import BuildSettings, SourceUnavailable
from capsule.build.pipeline import Pipeline
from capsule.build.plan import Plan
from capsule.build.sources.archive import unpack
from capsule.build.toolchain import Toolchain
from capsule.paths import DataPaths

Project = Callable[[dict[str, str]], Path]
IDS: dict[str, Any] = {"capsule_id": "cap_1", "build_id": "bld_1"}


@pytest.fixture
def pipeline(data: DataPaths, builder: ProcessBuilder, toolchain: Toolchain) -> Pipeline:
    return Pipeline(data, builder, toolchain)


@pytest.fixture
def repository(project: Project) -> str:
    root = project({"site/index.html": "<h1>Hi</h1>", "api/main.py": "print()"})
    git = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-qb", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "First"], check=True)
    return str(root)


async def test_repository_becomes_an_artifact(
    pipeline: Pipeline, data: DataPaths, repository: str, log: Any
) -> None:
    source = {"kind": "git", "url": repository, "branch": "main", "path": "site"}
    fetched = await pipeline.fetch(source, **IDS, log=log)
    assert (fetched.subject, fetched.tree.name) == ("First", "site")
    settings = BuildSettings(type="frontend")
    plan = await pipeline.plan(fetched.tree, settings)
    assert isinstance(plan, Plan)
    artifact = await pipeline.build(
        plan, tree=fetched.tree, artifact_id=f"art_{os.urandom(4).hex()}", identity=3, env={}, log=log
    )
    assert (artifact.path / "deps/site/index.html").read_text() == "<h1>Hi</h1>"
    assert list((artifact.path / "app").iterdir()) == []
    await pipeline.forget("bld_1")
    assert not data.checkout("bld_1").exists()


async def test_missing_project_path_names_the_repository(
    pipeline: Pipeline, repository: str, log: Any
) -> None:
    with pytest.raises(SourceUnavailable, match=f"The repository {repository} has no folder 'web'") as caught:
        await pipeline.fetch({"kind": "git", "url": repository, "path": "web"}, **IDS, log=log)
    assert caught.value.hint == "Folders in the source: api, site."
    await pipeline.forget("bld_1")


@pytest.fixture
def archive(project: Project, tmp_path: Path) -> Path:
    path = tmp_path / "a.tar.gz"
    subprocess.run(["tar", "-czf", path, "-C", project({"a.txt": "a"}), "."], check=True)
    return path


async def test_upload_is_used_where_it_lies(
    pipeline: Pipeline, data: DataPaths, archive: Path, log: Any
) -> None:
    upload = f"upl_{os.urandom(4).hex()}"
    await unpack(archive, data.upload(upload))
    fetched = await pipeline.fetch({"kind": "upload", "upload_id": upload}, **IDS, log=log)
    assert fetched.tree == data.upload(upload)
    await pipeline.forget("bld_1")
    assert fetched.tree.exists()


@pytest.mark.parametrize("source", [{}, {"kind": "none"}, {"kind": "upload", "upload_id": "upl_gone"}])
async def test_missing_source_is_named(source: dict[str, object], pipeline: Pipeline, log: Any) -> None:
    with pytest.raises(SourceUnavailable):
        await pipeline.fetch(source, **IDS, log=log)


async def test_key_changes_with_tree_settings_and_tools(
    data: DataPaths, builder: ProcessBuilder, toolchain: Toolchain, project: Project, log: Any
) -> None:
    pipeline = Pipeline(data, builder, toolchain)
    tree = project({"index.html": "x"})
    (data.root / "uploads").mkdir(exist_ok=True)
    upload = f"upl_{os.urandom(4).hex()}"
    data.upload(upload).symlink_to(tree)
    fetched = await pipeline.fetch({"kind": "upload", "upload_id": upload}, **IDS, log=log)
    settings = BuildSettings(type="frontend", env={"A": "1"})
    keys = {
        pipeline.key(fetched, settings),
        pipeline.key(fetched, replace(settings, env={"A": "2"})),
        pipeline.key(replace(fetched, digest="other"), settings),
        Pipeline(data, builder, replace(toolchain, sdk_digest="other")).key(fetched, settings),
    }
    assert len(keys) == 4
    assert pipeline.key(fetched, settings) in keys


async def test_sweep_removes_what_a_killed_process_left(pipeline: Pipeline, data: DataPaths) -> None:
    left = data.artifact("art_left.partial")
    (left / "app").mkdir(parents=True)
    process = await asyncio.create_subprocess_exec(
        "setsid", "sleep", "6543.1", env={"CAPSULE_BUILD": left.name, "PATH": os.environ["PATH"]}
    )
    await pipeline.sweep()
    assert not left.exists()
    assert await asyncio.wait_for(process.wait(), 5) == -9


async def test_an_image_needs_no_source_and_is_looked_at_anew_unless_it_cannot_change(
    pipeline: Pipeline, log: Any
) -> None:
    settings = BuildSettings(type="docker", image="caddy:2")
    keys = []
    for image, build_id in (("caddy:2", "bld_1"), ("caddy:2", "bld_2"), ("caddy@sha256:0", "bld_3")):
        source = {"kind": "image", "image": image}
        fetched = await pipeline.fetch(source, capsule_id="cap_1", build_id=build_id, log=log)
        plan = await pipeline.plan(fetched.tree, settings)
        assert isinstance(plan, Plan)
        assert plan.image is not None
        keys.append(fetched.digest)
        await pipeline.forget(build_id)
    assert keys[0] != keys[1]
    assert keys[2] == "caddy@sha256:0"
