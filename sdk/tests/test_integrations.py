"""Declaring integrations, secrets and Pipedream accounts."""

from typing import Any

import pytest

import cpsl

ID = cpsl.Secret.from_name("ID")
SECRET = cpsl.Secret.from_name("SECRET")


def declared(*args: Any, **options: Any) -> dict[str, Any]:
    app = cpsl.App("demo", image=cpsl.Image())
    app.add_integration(*args, **options)
    found: dict[str, Any] = app._serialize()["integrations"][0]
    return found


@pytest.mark.parametrize("kind", ["github", cpsl.Integration.GITHUB])
def test_a_string_and_an_enum_member_mean_the_same(kind: Any) -> None:
    assert declared(kind, client_id=ID, client_secret="plain", scopes=["repo"]) == {
        "type": "github",
        "mode": "oauth",
        "scopes": ["repo"],
        "client_id_secret": "ID",
        "client_secret_secret": "plain",
    }


def test_factories_fill_in_what_is_known() -> None:
    assert declared(cpsl.AWS())["mode"] == "secret"
    assert declared(cpsl.Tailscale(advertise_tags=True))["fields"] == ["auth_key", "advertise_tags"]
    assert declared(cpsl.Outlook(client_id=ID, client_secret=SECRET))["scopes"] == ["offline_access"]
    assert declared("acme", fields=["api_key"]) == {"type": "acme", "mode": "secret", "fields": ["api_key"]}
    own = cpsl.Pipedream(
        "sheets", client_id=ID, client_secret=SECRET, project_id="p", connect_scopes=["a", "b"]
    )
    assert declared(own)["fields"] == ["project_id_secret:p", "connect_scope:a b"]
    assert declared(own)["mode"] == "pipedream"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (cpsl.AWS(), {"scopes": ["x"]}),
        ("aws", {"client_id": ID}),
        ("acme", {"fields": []}),
        ("github", {}),
        ("github", {"client_id": ID}),
        ("acme", {}),
        ("", {}),
        (cpsl.IntegrationConfig("x", scopes=["a"], mode="pipedream"), {}),
        (cpsl.IntegrationConfig("x", client_id="a", mode="pipedream"), {}),
    ],
)
def test_options_that_cannot_work_are_refused(kind: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the wording is free, the type is not
        declared(kind, **options)


def test_pipedream_needs_a_slug_and_all_credentials_or_none() -> None:
    with pytest.raises(ValueError, match="slug"):
        cpsl.Pipedream(" ")
    with pytest.raises(ValueError, match="together"):
        cpsl.Pipedream("x", client_id=ID)


def test_a_secret_is_read_from_the_environment_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ID", "hush")
    assert ID.value == "hush"
    assert "hush" not in repr(ID) + str(ID) + str(ID.to_dict())
    assert ID.to_dict() == {"_secret_name": "ID"}
    with pytest.raises(ValueError, match="capsule secret create SECRET="):
        _ = SECRET.value


def test_enum_members_find_credentials_stored_under_strings() -> None:
    credentials = cpsl.IntegrationCredentials(access_token="t")
    session = cpsl.Session(
        "s", cpsl.UserInfo("u"), cpsl.SessionChannel("chat"), integrations={"github": credentials}
    )
    assert session.integrations[cpsl.Integration.GITHUB] is credentials
    assert session.get_integration(cpsl.GitHub(client_id=ID, client_secret=SECRET)) is credentials
    assert not cpsl.IntegrationCredentials()
