"""Who may use an app: kept in the capsule's configuration."""

from typing import Any

import httpx2
import pytest
from api_records import World, make_capsule

from capsule.api.context import Context
from capsule.control.events import CapsuleChanged
from capsule.db import Database
from capsule.models import Capsule

PROVIDER = {"name": "acme", "issuer": "https://acme.example", "client_id": "c-1"}


@pytest.fixture
async def bot(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, type="app", name="bot", slug="bot")


async def change(client: httpx2.AsyncClient, access: Any, **more: Any) -> httpx2.Response:
    return await client.patch("/capsules/bot", json={"config": {"access": access, **more}})


class TestAccess:
    async def test_is_kept_whole_and_needs_no_deployment(
        self, client: httpx2.AsyncClient, bot: Capsule, context: Context
    ) -> None:
        needs = []

        async def changed(_db_session: Any, about: CapsuleChanged) -> None:
            needs.append(about.needs)

        context.events.subscribe(CapsuleChanged, changed)
        assert (await client.get("/capsules/bot")).json()["config"]["access"] is None
        answer = await change(client, {"anonymous": False, "oidc": [PROVIDER], "domains": ["@ACME.example"]})
        assert answer.status_code == 200, answer.text
        kept = answer.json()["config"]["access"]
        assert kept == {
            "anonymous": False,
            "sign_up": True,
            "password": True,
            "magic_link": True,
            "oidc": [{**PROVIDER, "client_secret_name": "", "label": ""}],
            "domains": ["acme.example"],
        }
        assert (await change(client, kept)).json()["config"]["access"] == kept
        assert needs == ["reconcile"]
        await change(client, {}, memory=1024)
        assert needs == ["reconcile", "deployment"]
        assert (await change(client, None)).json()["config"]["access"] is None

    @pytest.mark.parametrize(
        ("access", "field", "said"),
        [
            ({"anonymos": False}, "config.access.anonymos", ""),
            ({"anonymous": "maybe"}, "config.access.anonymous", ""),
            ({"oidc": [{**PROVIDER, "name": "A b"}]}, "config.access.oidc.0.name", ""),
            ({"oidc": [{**PROVIDER, "issuer": "acme"}]}, "config.access.oidc.0.issuer", "https://accounts"),
            (
                {"oidc": [{**PROVIDER, "issuer": "https://a/?x=1"}]},
                "config.access.oidc.0.issuer",
                "no issuer",
            ),
            ({"oidc": [{**PROVIDER, "issuer": "file:///etc"}]}, "config.access.oidc.0.issuer", "no issuer"),
            ({"oidc": [{**PROVIDER, "client_id": ""}]}, "config.access.oidc.0.client_id", ""),
            (
                {"oidc": [{**PROVIDER, "client_secret_name": "sk 1"}]},
                "config.access.oidc.0.client_secret_name",
                "",
            ),
            ({"oidc": [PROVIDER, {**PROVIDER, "issuer": "https://b"}]}, "config.access.oidc", "name 'acme'"),
            ({"oidc": [PROVIDER, {**PROVIDER, "name": "b"}]}, "config.access.oidc", "https://acme.example"),
            ({"domains": ["a b"]}, "config.access.domains.0", "example.com"),
        ],
    )
    async def test_that_means_nothing_is_named(
        self, client: httpx2.AsyncClient, bot: Capsule, access: Any, field: str, said: str
    ) -> None:
        answer = await change(client, access)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert said in answer.json()["detail"]
