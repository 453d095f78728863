"""A real git client against the app over real HTTP: what is kept, refused and thrown away.

Builds of what is pushed are in `e2e/test_push.py`.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from api_records import World, make_capsule, make_deployment, make_release
from fastapi import FastAPI
from sqlalchemy import select

from capsule.api.context import Context
from capsule.build.sources.options import GitOptions
from capsule.build.sources.pushed import PushLimits
from capsule.control.delivery.sources.previews.service import previews_of
from capsule.control.delivery.subscriptions import subscribe
from capsule.models import Build, Capsule

LIMITS = PushLimits(repository_bytes=2 * 1024**2, file_bytes=1024**2)


class Git:
    """A working copy whose remote is the capsule's repository."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    async def __call__(self, *arguments: str, check: bool = True) -> str:
        env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null"}
        author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        process = await asyncio.create_subprocess_exec(
            "git", "-C", str(self.folder), *author, *arguments,
            env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        assert not check or process.returncode == 0, output.decode()
        return output.decode()

    async def push(self, refs: str, *options: str) -> str:
        return await self("push", *options, self.url, refs, check=False)

    async def commit(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)
        await self("add", "--all")
        await self("commit", "-qm", name)


@pytest.fixture
async def capsule(context: Context, world: World) -> Capsule:
    subscribe(context.events, context.box)
    async with context.database.unit_of_work() as db_session:
        space = await db_session.merge(world.space)
        source = {"kind": "push", "branch": "main", "path": ""}
        return await make_capsule(db_session, space, name="shop", slug="shop", source=source)


@pytest.fixture
async def git(
    app: FastAPI, context: Context, world: World, capsule: Capsule, tmp_path: Path
) -> AsyncIterator[Git]:
    app.state.context = replace(context, git=GitOptions(limits=LIMITS))
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        listening.listen()
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        work = tmp_path / "work"
        work.mkdir()
        git = Git(work, f"http://x:{world.people['member'].token}@127.0.0.1:{port}/git/shop.git")
        await git("init", "-q", "-b", "main")
        await git.commit("a.txt", b"one")
        yield git
        server.should_exit = True
        await serving


@pytest.fixture
def repository(context: Context, capsule: Capsule) -> Path:
    return context.paths.pushed(capsule.id)


def loose_ends(repository: Path) -> list[Path]:
    return [*repository.glob("objects/tmp_objdir*"), *repository.glob("objects/pack/tmp_*")]


async def test_other_branches_and_tags_are_kept_and_can_be_cloned(git: Git, tmp_path: Path) -> None:
    assert "only pushes to 'main' are deployed" in await git.push("main:idea")
    assert "new tag" in await git.push("HEAD:refs/tags/v1")
    await git("clone", "-q", "-b", "idea", git.url, str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "a.txt").read_text() == "one"
    assert "deleted" in await git.push(":idea")


async def test_push_above_the_budget_is_refused_and_leaves_nothing(git: Git, repository: Path) -> None:
    await git.commit("big.bin", os.urandom(3 * 1024**2))
    for options in ((), ("-c", "http.postBuffer=8000000")):
        said = await git(*options, "push", git.url, "main:idea", check=False)
        assert "more than 2 MiB, which is all it may have. Nothing was kept." in said
        assert "error:" in said or "fatal:" in said
    assert not loose_ends(repository)
    assert sum(path.stat().st_size for path in repository.rglob("*") if path.is_file()) < 100_000
    await git("reset", "-q", "--hard", "HEAD~1")
    assert "new branch" in await git.push("main:idea")


async def test_file_that_only_its_packing_makes_small_is_refused(git: Git, repository: Path) -> None:
    await git.commit("zeros.bin", bytes(3 * 1024**2))
    said = await git.push("main:idea")
    assert "The file 'zeros.bin' has 3.0 MiB, more than 1." in said
    assert "pre-receive hook declined" in said
    assert not loose_ends(repository)


async def test_damaged_object_is_refused(git: Git) -> None:
    tree = (await git("hash-object", "-t", "tree", "-w", "--literally", "/dev/null")).strip()
    (git.folder / "odd").write_text(f"tree {tree}\nauthor nobody\ncommitter nobody\n\nodd\n")
    odd = (await git("hash-object", "-t", "commit", "-w", "--literally", "odd")).strip()
    said = await git.push(f"{odd}:refs/heads/odd")
    assert "fsck error" in said or "unpack failed" in said


async def test_hooks_and_settings_of_the_repository_are_ours(git: Git, repository: Path) -> None:
    await git.push("main:idea")
    hooks = repository / "hooks"
    hooks.mkdir(exist_ok=True)
    ran = repository / "ran"
    for name in ("pre-receive", "post-receive", "update"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / name).chmod(0o755)
    await git.commit("b.txt", b"two")
    assert "idea" in await git.push("main:idea")
    assert not ran.exists()


async def test_failed_build_keeps_the_branch_where_it_was(
    git: Git, context: Context, capsule: Capsule, repository: Path
) -> None:
    """Nobody builds here; the test plays the builder."""
    pushing = asyncio.create_task(git.push("main"))
    build: Build | None = None
    with context.changes.listening(capsule.id) as news:
        while build is None:
            await news.wait()
            news.clear()
            async with context.database.unit_of_work() as db_session:
                for row in (await db_session.scalars(select(Build))).all():
                    tree = context.paths.checkout(row.id)
                    assert (tree / "a.txt").read_text() == "one"
                    build = row
                    row.status, row.reason, row.hint = "failed", "It does not compile.", "Mend it."
    said = await pushing
    assert said.index("remote: It does not compile.") < said.index("remote: Hint: Mend it.")
    assert build.source["commit"] == (await git("rev-parse", "HEAD")).strip()
    assert "refs/heads/main" not in await git("ls-remote", git.url)
    assert not loose_ends(repository)
    assert not context.paths.checkout(build.id).exists()


async def test_branch_that_fits_gets_a_preview(git: Git, context: Context, capsule: Capsule) -> None:
    async with context.database.unit_of_work() as db_session:
        fresh = await db_session.get_one(Capsule, capsule.id)
        fresh.config = {"previews": {"is_on": True, "branches": ["feature/*"]}}
        done = Build(
            id="bld_before",
            team_id=fresh.team_id,
            capsule_id=fresh.id,
            status="succeeded",
            trigger="push",
            source={},
        )
        db_session.add(done)
    made: asyncio.Queue[str] = asyncio.Queue()
    context.changes.on_change(made.put_nowait)

    async def until_previews_are(*names: str) -> None:
        async with asyncio.timeout(20):
            while True:
                async with context.database.reading() as db_session:
                    rows = await previews_of(db_session, capsule.id)
                if tuple(row.preview_of for row in rows) == names:
                    return
                await made.get()

    await git.push("main:feature/blue")
    await until_previews_are("feature/blue")
    await git.push(":feature/blue")
    await until_previews_are()


async def test_failed_deployment_keeps_the_branch_where_it_was(
    git: Git, context: Context, capsule: Capsule
) -> None:
    """Nobody builds or deploys here; the test plays both."""
    pushing = asyncio.create_task(git.push("main"))
    with context.changes.listening(capsule.id) as news:
        await news.wait()
    async with context.database.unit_of_work() as db_session:
        build = (await db_session.scalars(select(Build))).one()
        build.status = "succeeded"
        release = await make_release(db_session, await db_session.get_one(Capsule, capsule.id), number=3)
        release.build_id = build.id
        await make_deployment(
            db_session,
            await db_session.get_one(Capsule, capsule.id),
            release_id=release.id,
            status="failed",
            reason="The replica ended with exit code 5.",
            hint="Look at the log.",
            log_tail=[{"text": "no such module"}],
        )
    said = await pushing
    assert "remote: no such module" in said
    assert said.index("exit code 5") < said.index("Hint: Look at the log.")
    assert "refs/heads/main" not in await git("ls-remote", git.url)
