"""A plan reads a private repository with what the build will read it with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import httpx2
import pytest
from api_records import World, make_git_connection
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from capsule.api.context import Context
from capsule.build.contract import SourceUnavailable
from capsule.build.pipeline import Pipeline
from capsule.build.sources.access import GitAccess
from capsule.control.delivery.sources.connections.accounts import Accounts
from capsule.control.delivery.sources.service import connection_context
from capsule.control.delivery.subscriptions import subscribe
from capsule.models import Capsule

URL = "https://git.example/team/shop.git"
SOURCE = {"kind": "git", "url": URL}


class Fetching:
    """Keeps what git would be given. That git uses it is `unit/build/sources`' matter."""

    def __init__(self) -> None:
        self.access = GitAccess()

    async def fetch(self, source: Mapping[str, object], *, access: GitAccess, **_: Any) -> None:
        self.access = access
        raise SourceUnavailable("nothing is fetched here")

    async def forget(self, build_id: str) -> None:
        return None


@pytest.fixture
def fetching() -> Fetching:
    return Fetching()


@pytest.fixture
def context(context: Context, fetching: Fetching) -> Context:
    subscribe(context.events, context.box)
    return replace(context, pipeline=cast(Pipeline, fetching))


async def plan(client: httpx2.AsyncClient, world: World, **values: str) -> httpx2.Response:
    body = {"space_id": world.space.id, "type": "backend", "source": SOURCE, **values}
    return await client.post("/plans", json=body)


async def of_capsule(client: httpx2.AsyncClient, world: World, context: Context, **values: str) -> GitAccess:
    """Return what a build of a capsule made with `values` is given."""
    body = {"space_id": world.space.id, "name": "shop", "type": "backend", "source": SOURCE, **values}
    made = await client.post("/capsules", json=body)
    assert made.status_code == 201, made.text
    async with context.database.reading() as db_session:
        capsule = await db_session.get_one(Capsule, made.json()["id"])
    return await Accounts(context.database, context.box, context.git).git_access(capsule, context.paths)


async def test_token(client: httpx2.AsyncClient, world: World, context: Context, fetching: Fetching) -> None:
    await plan(client, world, access_token="t0ken")
    built = await of_capsule(client, world, context, access_token="t0ken")
    assert fetching.access.token == built.token == "t0ken"


async def test_connection(
    client: httpx2.AsyncClient, world: World, context: Context, fetching: Fetching
) -> None:
    async with context.database.unit_of_work() as db_session:
        connection = await make_git_connection(
            db_session, world.space, provider="gitlab", url="https://git.example"
        )
        connection.token = context.box.encrypt("t0ken", context=connection_context(connection.id))
    await plan(client, world, connection_id=connection.id)
    built = await of_capsule(client, world, context, connection_id=connection.id)
    assert (fetching.access.user, fetching.access.token) == (built.user, built.token) == ("oauth2", "t0ken")


class TestDeployKey:
    async def test_the_capsule_takes_over_the_key_of_the_plan(
        self, client: httpx2.AsyncClient, world: World, context: Context, fetching: Fetching
    ) -> None:
        key = (await client.post(f"/spaces/{world.space.id}/deploy-keys")).json()
        await plan(client, world, deploy_key_id=key["id"])
        private = load_ssh_private_key(fetching.access.private_key.encode(), None)
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        assert key["public_key"].startswith(public)
        built = await of_capsule(client, world, context, deploy_key_id=key["id"])
        assert built.private_key == fetching.access.private_key
        assert (await client.get("/capsules/shop/source-access")).json()["public_key"] == key["public_key"]
        again = await plan(client, world, deploy_key_id=key["id"])
        assert (again.status_code, again.json()["code"]) == (404, "deploy_key_not_found")

    async def test_key_of_another_team_is_none(
        self, client_as: Any, client: httpx2.AsyncClient, world: World, context: Context
    ) -> None:
        theirs = (await client_as("foreigner").post(f"/spaces/{world.foreign_space.id}/deploy-keys")).json()
        answer = await plan(client, world, deploy_key_id=theirs["id"])
        assert (answer.status_code, answer.json()["code"]) == (404, "deploy_key_not_found")
        body = {"space_id": world.space.id, "name": "shop", "type": "backend", "source": SOURCE}
        made = await client.post("/capsules", json={**body, "deploy_key_id": theirs["id"]})
        assert made.status_code == 404
        assert (await client.get("/capsules/shop")).status_code == 404
