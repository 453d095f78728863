"""Declaring integrations, secrets and Pipedream accounts."""

from typing import Any

import pytest

import cpsl
from cpsl import _secrets

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
        ("acme", {"client_id": ID, "client_secret": SECRET}),
        ("acme", {"client_id": ID, "client_secret": SECRET, "authorize_url": "https://a/x"}),
        ("acme", {"client_id": ID, "client_secret": SECRET, "token_url": "https://a/x"}),
        ("acme", {"client_id": ID, "client_secret": SECRET, "authorize_url": "ftp://a", "token_url": "x"}),
        ("acme", {"authorize_url": "https://a/x", "token_url": "https://a/y"}),
        ("acme", {"fields": ["key"], "token_url": "https://a/y"}),
        ("github", {"client_id": ID, "client_secret": SECRET, "revoke_url": "nowhere"}),
        (cpsl.AWS(), {"profile_url": "https://a/x"}),
    ],
)
def test_options_that_cannot_work_are_refused(kind: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the wording is free, the type is not
        declared(kind, **options)


def test_any_provider_is_given_by_its_urls() -> None:
    urls = {"authorize_url": "https://a/authorize", "token_url": "http://localhost:1/token"}
    found = declared("acme", client_id=ID, client_secret=SECRET, **urls)
    assert found == {
        "type": "acme",
        "mode": "oauth",
        "scopes": [],
        "client_id_secret": "ID",
        "client_secret_secret": "SECRET",
        **urls,
    }
    more = {**urls, "revoke_url": "https://a/revoke", "profile_url": "https://a/me"}
    config = cpsl.IntegrationConfig("acme", ID, SECRET, **more)  # type: ignore[arg-type]
    assert declared(config) == {**found, **more}
    own_server = declared("github", client_id=ID, client_secret=SECRET, **urls)
    assert own_server["authorize_url"] == urls["authorize_url"]


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


def test_a_secret_of_the_space_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ID", raising=False)
    asked: list[str] = []

    def resolve(name: str) -> str | None:
        asked.append(name)
        return "hush" if name == "ID" else None

    _secrets.set_resolver(resolve)
    try:
        assert (ID.value, ID.value) == ("hush", "hush")
        assert "hush" not in repr(ID) + str(vars(ID))
        with pytest.raises(ValueError, match="capsule secret create SECRET="):
            _ = SECRET.value
        monkeypatch.setenv("ID", "exported")
        assert ID.value == "exported"
        assert asked == ["ID", "SECRET"]
    finally:
        _secrets.set_resolver(None)
    monkeypatch.delenv("ID")
    with pytest.raises(ValueError, match="is not set"):
        _ = ID.value


def test_enum_members_find_credentials_stored_under_strings() -> None:
    credentials = cpsl.IntegrationCredentials(access_token="t")
    session = cpsl.Session(
        "s", cpsl.UserInfo("u"), cpsl.SessionChannel("chat"), integrations={"github": credentials}
    )
    assert session.integrations[cpsl.Integration.GITHUB] is credentials
    assert session.get_integration(cpsl.GitHub(client_id=ID, client_secret=SECRET)) is credentials
    assert not cpsl.IntegrationCredentials()
