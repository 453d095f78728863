"""Connections to git hosts: made with a token that works, asked for repositories, walled."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import httpx2
import pytest
from api_git_host import TOKEN, FakeGitHost, fake_git_host
from api_records import ORIGIN, World
from fastapi import FastAPI
from sqlalchemy import select

from capsule.api.context import Context
from capsule.build.pipeline import Pipeline
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.hosts import repository_of
from capsule.control.delivery.subscriptions import subscribe
from capsule.models import Build, GitConnection, SourceAccess
from capsule.reconcile.platform import Platform
from capsule.reconcile.sources import Sources

PROVIDERS = ("github", "gitlab", "bitbucket", "gitea")


@pytest.fixture
def host() -> Iterator[FakeGitHost]:
    with fake_git_host() as host:
        yield host


@pytest.fixture
def context(context: Context) -> Context:
    subscribe(context.events, context.box)
    return replace(context, git=GitOptions(private_hosts=("127.0.0.1",)))


@pytest.fixture
async def connected(client: httpx2.AsyncClient, world: World, host: FakeGitHost, context: Context) -> str:
    return await connect(client, world, host, "gitea")


async def connect(client: httpx2.AsyncClient, world: World, host: FakeGitHost, provider: str) -> str:
    body = {"provider": provider, "url": host.url, "token": TOKEN}
    answer = await client.post(f"/teams/{world.team.id}/git-connections", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"] == "ada"
    return str(answer.json()["id"])


@pytest.mark.parametrize("provider", PROVIDERS)
class TestEveryHost:
    async def test_repositories_are_paged_and_searched(
        self, client: httpx2.AsyncClient, world: World, context: Context, host: FakeGitHost, provider: str
    ) -> None:
        path = f"/git-connections/{await connect(client, world, host, provider)}/repositories"
        first = (await client.get(path)).json()
        assert (len(first["items"]), first["has_more"]) == (30, True)
        assert first["items"][0] == {
            "full_name": "team/shop-01",
            "url": f"{host.url}/team/shop-01.git",
            "default_branch": "main",
            "is_private": True,
        }
        second = (await client.get(path, params={"page": 2})).json()
        assert (len(second["items"]), second["has_more"]) == (10, False)
        found = (await client.get(path, params={"search": "shop-4"})).json()
        assert [item["full_name"] for item in found["items"]] == ["team/shop-40"]

    async def test_branches_of_a_repository(
        self, client: httpx2.AsyncClient, world: World, context: Context, host: FakeGitHost, provider: str
    ) -> None:
        base = f"/git-connections/{await connect(client, world, host, provider)}/repositories"
        found = (await client.get(f"{base}/team/shop-01/branches", params={"search": "feature"})).json()
        assert found == {"items": ["feature/blue", "feature/red"], "has_more": False}
        missing = await client.get(f"{base}/team/gone/branches")
        assert (missing.status_code, missing.json()["code"]) == (404, "repository_not_found")

    async def test_wrong_token_makes_no_connection(
        self, client: httpx2.AsyncClient, world: World, context: Context, host: FakeGitHost, provider: str
    ) -> None:
        body = {"provider": provider, "url": host.url, "token": "wrong"}
        answer = await client.post(f"/teams/{world.team.id}/git-connections", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "git_host_refused")
        assert not (await client.get(f"/teams/{world.team.id}/git-connections")).json()["items"]


async def test_token_is_encrypted_and_never_shown(
    client: httpx2.AsyncClient, world: World, context: Context, connected: str
) -> None:
    assert TOKEN not in (await client.get(f"/teams/{world.team.id}/git-connections")).text
    async with context.database.reading() as db_session:
        assert TOKEN not in (await db_session.get_one(GitConnection, connected)).token


async def test_private_address_needs_the_administrator(
    client: httpx2.AsyncClient, app: FastAPI, world: World, context: Context, host: FakeGitHost
) -> None:
    app.state.context = replace(context, git=GitOptions())
    body = {"provider": "gitea", "url": host.url, "token": TOKEN}
    answer = await client.post(f"/teams/{world.team.id}/git-connections", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "address_refused")


@pytest.mark.parametrize("url", ["ftp://host", "https://u:p@host", "nonsense", "https://host/?a=b"])
async def test_what_is_no_host_is_refused(client: httpx2.AsyncClient, world: World, url: str) -> None:
    body = {"provider": "gitea", "url": url, "token": TOKEN}
    answer = await client.post(f"/teams/{world.team.id}/git-connections", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_git_host")


async def test_broken_host_is_told_apart(
    client: httpx2.AsyncClient, host: FakeGitHost, connected: str
) -> None:
    host.broken = True
    answer = await client.get(f"/git-connections/{connected}/repositories")
    assert (answer.status_code, answer.json()["code"]) == (503, "git_host_unavailable")


async def test_capsule_made_from_a_connection_uses_it(
    client: httpx2.AsyncClient, world: World, context: Context, host: FakeGitHost, connected: str
) -> None:
    body = {
        "space_id": world.space.id,
        "name": "shop",
        "type": "backend",
        "source": {"kind": "git", "url": f"{host.url}/team/shop-01.git"},
        "connection_id": connected,
    }
    made = await client.post("/capsules", json=body)
    assert made.status_code == 201
    access = (await client.get("/capsules/shop/source-access")).json()
    assert access["connection_id"] == connected
    await client.delete(f"/git-connections/{connected}")
    async with context.database.reading() as db_session:
        assert (await db_session.scalars(select(SourceAccess))).one().connection_id is None
        assert (await db_session.scalars(select(Build))).one().status == "queued"


async def test_webhook_is_set_up_and_its_secret_counts(
    client: httpx2.AsyncClient, world: World, context: Context, host: FakeGitHost, connected: str
) -> None:
    body = {
        "space_id": world.space.id,
        "name": "shop",
        "type": "backend",
        "source": {"kind": "git", "url": f"{host.url}/team/shop-01.git", "branch": "main"},
        "connection_id": connected,
        "deploy": False,
    }
    capsule_id = (await client.post("/capsules", json=body)).json()["id"]
    parts = {
        name: getattr(context, name)
        for name in ("database", "paths", "box", "engine", "edge", "apps", "changes", "site", "git", "events")
    }
    sources = Sources(Platform(**parts, pipeline=cast(Pipeline, None)))
    await sources.tend()
    await sources.tend()
    (hook,) = host.hooks
    assert hook["path"] == "/api/v1/repos/team/shop-01/hooks"
    assert hook["config"]["url"] == f"{ORIGIN}/api/v1/hooks/{capsule_id}"
    content = b'{"ref": "refs/heads/main", "before": "1", "after": "2", "commits": []}'
    signature = hmac.new(hook["config"]["secret"].encode(), content, hashlib.sha256).hexdigest()
    headers = {"X-Gitea-Event": "push", "X-Gitea-Signature": signature}
    answer = await client.post(f"/hooks/{capsule_id}", content=content, headers=headers)
    assert answer.json()["outcome"] == "built"


async def test_token_can_be_given_with_the_capsule(
    client: httpx2.AsyncClient, world: World, context: Context
) -> None:
    body = {
        "space_id": world.space.id,
        "name": "shop",
        "type": "backend",
        "source": {"kind": "git", "url": "https://git.example/shop.git"},
        "access_token": "t0ken",
    }
    made = await client.post("/capsules", json=body)
    assert made.status_code == 201
    assert "t0ken" not in made.text
    assert (await client.get("/capsules/shop/source-access")).json()["has_token"] is True


async def test_connection_of_nobody_makes_no_capsule(
    client: httpx2.AsyncClient, world: World, context: Context
) -> None:
    body = {
        "space_id": world.space.id,
        "name": "shop",
        "type": "backend",
        "source": {"kind": "git", "url": "https://git.example/shop.git"},
        "connection_id": "gcn_none",
    }
    answer = await client.post("/capsules", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "git_connection_not_found")
    assert (await client.get("/capsules/shop")).status_code == 404


async def test_address_with_a_login_is_refused(client: httpx2.AsyncClient, world: World) -> None:
    body = {
        "space_id": world.space.id,
        "name": "shop",
        "type": "backend",
        "source": {"kind": "git", "url": "https://user:t0ken@git.example/shop.git"},
    }
    answer = await client.post("/capsules", json=body)
    assert answer.status_code == 422
    assert "holds a login" in answer.text
    assert "t0ken" not in answer.text


@pytest.mark.parametrize(
    ("url", "host", "name"),
    [
        ("https://git.example/team/shop.git", "https://git.example", "team/shop"),
        ("https://git.example/hosted/team/shop", "https://git.example/hosted", "team/shop"),
        ("https://other.example/team/shop.git", "https://git.example", ""),
        ("git@git.example:team/shop.git", "https://git.example", ""),
    ],
)
def test_repository_of_an_address(url: str, host: str, name: str) -> None:
    assert repository_of(url, host) == name
