"""What the API tells about the integrations that an app declares."""

from collections.abc import Callable

import httpx2
from api_records import World, make_capsule, make_release

from capsule.db import Database
from capsule.models import Capsule

ClientAs = Callable[..., httpx2.AsyncClient]
DECLARED = [
    {
        "type": "github",
        "mode": "oauth",
        "scopes": ["repo"],
        "client_id_secret": "GITHUB_ID",
        "client_secret_secret": "GITHUB_SECRET",
    },
    {
        "type": "linear",
        "mode": "oauth",
        "scopes": [],
        "client_id_secret": "lin_123",
        "client_secret_secret": "s3cr3t",
    },
    {"type": "aws", "mode": "secret", "fields": ["access_key_id", "region"]},
]


async def an_app(database: Database, world: World, manifest: dict[str, object] | None) -> Capsule:
    async with database.unit_of_work() as db_session:
        app = await make_capsule(db_session, world.space, type="app", name="bot", slug="bot")
        release = await make_release(db_session, app, manifest=manifest)
        app.release_id = release.id
        return app


async def test_secrets_are_found_missing_or_none(
    client: httpx2.AsyncClient, database: Database, world: World
) -> None:
    await an_app(database, world, {"integrations": DECLARED})
    made = await client.post(f"/spaces/{world.space.id}/secrets", json={"name": "GITHUB_ID", "value": "x"})
    assert made.is_success
    answer = await client.get("/app/bot/integrations")
    github, linear, aws = answer.json()["items"]
    assert github == {
        "type": "github",
        "mode": "oauth",
        "scopes": ["repo"],
        "fields": [],
        "credentials": [
            {"what": "client_id", "name": "GITHUB_ID", "state": "found"},
            {"what": "client_secret", "name": "GITHUB_SECRET", "state": "missing"},
        ],
    }
    assert [credential["state"] for credential in linear["credentials"]] == ["literal", "literal"]
    assert aws["fields"] == ["access_key_id", "region"]
    assert aws["credentials"] == []
    assert "s3cr3t" not in answer.text


async def test_the_addresses_to_register_are_of_the_apps_own_host(
    client: httpx2.AsyncClient, database: Database, world: World
) -> None:
    app = await an_app(database, world, None)
    answer = (await client.get(f"/app/{app.id}/integrations")).json()
    assert answer["items"] == []
    assert answer["callback_url"].startswith("http://bot.")
    assert answer["callback_url"].endswith("/api/connections/callback")
    assert answer["sign_in_callback_url"].endswith("/api/account/oidc/callback")


async def test_a_foreign_app_is_not_told_of(client_as: ClientAs, database: Database, world: World) -> None:
    await an_app(database, world, {"integrations": DECLARED})
    assert (await client_as("foreigner").get("/app/bot/integrations")).status_code == 404
