"""Secret forms: exactly the declared fields, checked and masked; values are never told."""

from typing import Any

import msgspec
import pytest
from connected import AWS, App

from capsule.apps.connections.errors import ConnectionNotFound, InvalidConnection
from capsule.apps.connections.forms import form_field

FIELDS = {"access_key_id": " AKIA1 ", "secret_access_key": "very-secret", "region": "eu-north-1"}
TAILSCALE = {"type": "tailscale", "mode": "secret", "fields": ["auth_key", "advertise_tags"]}


async def test_filled_form(app: App) -> None:
    item = await app.connections.fill("u1", "aws", FIELDS)
    assert (item["type"], item["name"], item["mode"], item["status"]) == ("aws", "AWS", "secret", "connected")
    assert "very-secret" not in msgspec.json.encode(await app.connections.items("u1")).decode()
    assert app.connected == [("u1", "aws")]
    found = await app.connections.credentials("u1", "aws")
    assert found == {
        "access_token": "",
        "token_type": "",
        "scopes": [],
        "expires_at": 0,
        "fields": {"access_key_id": "AKIA1", "secret_access_key": "very-secret", "region": "eu-north-1"},
    }


async def test_fields_are_described(app: App) -> None:
    item = await app.item("aws")
    assert item["status"] == "not_connected"
    assert [(field["name"], field["label"], field["is_secret"]) for field in item["fields"]] == [
        ("access_key_id", "Access key ID", True),
        ("secret_access_key", "Secret access key", True),
        ("region", "Region", False),
    ]


@pytest.mark.parametrize(
    ("name", "label", "is_secret"),
    [
        ("api_key", "API key", True),
        ("base_url", "Base URL", False),
        ("webhook_url", "Webhook URL", True),
        ("account_token", "Account token", True),
        ("user-name", "User name", False),
        ("something", "Something", True),
        ("advertise_tags", "Advertise tags", False),
    ],
)
def test_labels_and_masks(name: str, label: str, is_secret: bool) -> None:
    field = form_field(name)
    assert (field.label, field.is_secret) == (label, is_secret)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (None, "fields"),
        ([], "fields"),
        ("x", "fields"),
        ({}, "access_key_id"),
        ({**FIELDS, "region": ""}, "region"),
        ({**FIELDS, "region": " \t "}, "region"),
        ({**FIELDS, "region": 7}, "region"),
        ({**FIELDS, "region": None}, "region"),
        ({**FIELDS, "region": "a\0b"}, "region"),
        ({**FIELDS, "region": "x" * 8193}, "region"),
        ({**FIELDS, "extra": "x"}, "extra"),
    ],
)
async def test_bad_input(app: App, fields: Any, field: str) -> None:
    with pytest.raises(InvalidConnection) as refused:
        await app.connections.fill("u1", "aws", fields)
    assert refused.value.context["field"] == field
    assert await app.status("aws") == "not_connected"
    assert app.connected == []


async def test_optional_field(app: App) -> None:
    app.integrations = [TAILSCALE]
    await app.connections.fill("u1", "tailscale", {"auth_key": "tskey-1", "advertise_tags": ""})
    found = await app.connections.credentials("u1", "tailscale")
    assert found is not None
    assert found["fields"] == {"auth_key": "tskey-1"}


async def test_field_added_by_a_new_version(app: App) -> None:
    await app.connections.fill("u1", "aws", FIELDS)
    app.integrations = [{**AWS, "fields": [*AWS["fields"], "role"]}]
    assert await app.connections.credentials("u1", "aws") is None
    assert await app.status("aws") == "needs_reconnect"


async def test_field_removed_by_a_new_version_is_not_given_out(app: App) -> None:
    await app.connections.fill("u1", "aws", FIELDS)
    app.integrations = [{**AWS, "fields": ["region"]}]
    found = await app.connections.credentials("u1", "aws")
    assert found is not None
    assert found["fields"] == {"region": "eu-north-1"}


async def test_what_is_not_a_form(app: App) -> None:
    with pytest.raises(InvalidConnection, match="signing in"):
        await app.connections.fill("u1", "github", {})
    with pytest.raises(ConnectionNotFound):
        await app.connections.fill("u1", "acme", {})


async def test_forgotten_form(app: App) -> None:
    await app.connections.fill("u1", "aws", FIELDS)
    await app.connections.disconnect("u1", "aws")
    assert await app.connections.credentials("u1", "aws") is None
