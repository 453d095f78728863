"""Which addresses count, what is asked for, and what is read of a manifest."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from capsule.apps.connections import oauth
from capsule.apps.connections.oauth import Client
from capsule.apps.connections.provider import Declared, find_provider, read_declared
from capsule.apps.options import ProviderUrls
from capsule.settings import Settings

NO_OPTIONS: dict[str, Any] = {}


def declared(type: str, **more: Any) -> Declared:
    entry = {"type": type, "mode": "oauth", "client_id_secret": "i", "client_secret_secret": "s", **more}
    return read_declared({"integrations": [entry]})[type]


@pytest.mark.parametrize(
    ("type", "authorize", "token"),
    [
        ("google", "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"),
        ("gmail", "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"),
        (
            "outlook",
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        ),
        (
            "github",
            "https://github.com/login/oauth/authorize",
            "https://github.com/login/oauth/access_token",
        ),
        ("linear", "https://linear.app/oauth/authorize", "https://api.linear.app/oauth/token"),
    ],
)
def test_known_providers(type: str, authorize: str, token: str) -> None:
    provider = find_provider(declared(type), {})
    assert (provider.authorize.url, provider.token.url) == (authorize, token)
    assert not provider.token.is_trusted


def test_settings_move_a_known_provider() -> None:
    moved = {"github": ProviderUrls(base_url="http://10.0.0.5:9000/git/", profile_url="http://10.0.0.6/me")}
    provider = find_provider(declared("github"), moved)
    assert provider.token.url == "http://10.0.0.5:9000/git/login/oauth/access_token"
    assert provider.token.is_trusted
    assert provider.revoke is not None
    assert provider.revoke.url == "http://10.0.0.5:9000/git/applications/{client_id}/token"
    assert provider.profile is not None
    assert provider.profile.url == "http://10.0.0.6/me"


def test_declared_addresses_replace_all_known_ones() -> None:
    """The secrets of an own installation must not go to the public one."""
    urls = {"authorize_url": "https://git.example/a", "token_url": "https://git.example/t"}
    provider = find_provider(declared("github", **urls), {})
    assert (provider.authorize.url, provider.token.url) == tuple(urls.values())
    assert provider.profile is None
    assert provider.revoke is None


def test_one_declared_address_beside_the_known_ones() -> None:
    provider = find_provider(declared("github", profile_url="https://git.example/me"), {})
    assert provider.token.url == "https://github.com/login/oauth/access_token"
    assert provider.profile is not None
    assert provider.profile.url == "https://git.example/me"


@pytest.mark.parametrize(
    ("type", "scopes", "asked"),
    [
        ("github", [], None),
        ("github", ["repo", "gist"], "repo gist"),
        ("linear", ["read", "write"], "read,write"),
        ("linear", [], "read"),
        ("outlook", ["offline_access"], "User.Read Mail.Read offline_access"),
        ("outlook", ["Mail.Send"], "Mail.Send offline_access"),
        ("google", [], "openid email profile"),
    ],
)
def test_scopes(type: str, scopes: list[str], asked: str | None) -> None:
    entry = declared(type, scopes=scopes)
    url = oauth.authorize_url(
        find_provider(entry, {}), Client("i", "s"), entry.wanted_scopes, "http://x/cb", "st", "v"
    )
    assert parse_qs(urlsplit(url).query).get("scope") == (None if asked is None else [asked])


def test_query_of_a_declared_address_is_kept() -> None:
    urls = {"authorize_url": "https://acme.example/a?tenant=7#top", "token_url": "https://acme.example/t"}
    url = oauth.authorize_url(
        find_provider(declared("acme", **urls), {}), Client("i", "s"), (), "http://x/cb", "st", "v"
    )
    assert url.startswith("https://acme.example/a?tenant=7&response_type=code&")
    assert "#" not in url


def test_challenge_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("integrations", [None, "x", {}, [None], [{}], [{"type": "x", "mode": "odd"}]])
def test_manifest_that_makes_no_sense(integrations: object) -> None:
    assert read_declared({"integrations": integrations}) == {}


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPSULE_PROVIDERS", '{"github": {"base_url": "http://127.0.0.1:9000"}}')
    assert Settings(**NO_OPTIONS).providers == {"github": ProviderUrls(base_url="http://127.0.0.1:9000")}


@pytest.mark.parametrize(
    "text", ['{"github": {"base_uri": "http://x"}}', '{"github": {"base_url": "127.0.0.1:9000"}}']
)
def test_settings_that_are_misspelt(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CAPSULE_PROVIDERS", text)
    with pytest.raises(ValidationError):
        Settings(**NO_OPTIONS)
