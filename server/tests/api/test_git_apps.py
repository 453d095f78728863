"""GitHub Apps and OAuth applications of the installation: registered once, by the administrator."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from api_records import World
from fastapi import FastAPI
from sign_in_host import CLIENT_ID, CLIENT_SECRET, HOOK_SECRET, SignInHost, sign_in_host

from capsule.api.context import Context
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.gitapps.endpoints import is_reachable
from capsule.control.site import Site
from capsule.models import GitApp

ClientAs = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def host() -> Iterator[SignInHost]:
    with sign_in_host() as host:
        yield host


@pytest.fixture
def context(context: Context) -> Context:
    return replace(context, git=GitOptions(private_hosts=("127.0.0.1",)))


@pytest.fixture
def admin(client_as: ClientAs) -> httpx2.AsyncClient:
    return client_as("admin")


def by_hand(host: SignInHost, **values: str) -> dict[str, str]:
    """Return what the administrator enters for a GitHub App."""
    return {
        "provider": "github",
        "url": host.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "number": str(host.number),
        "private_key": host.pem,
        "webhook_secret": HOOK_SECRET,
        **values,
    }


class TestManifest:
    async def test_app_is_registered_by_one_click(
        self, admin: httpx2.AsyncClient, client: httpx2.AsyncClient, context: Context, host: SignInHost
    ) -> None:
        wanted = {"url": host.url, "name": "Capsule", "organization": "team"}
        begun = (await admin.post("/git-apps/manifest", json=wanted)).json()
        assert begun["manifest"]["default_permissions"] == {
            "contents": "read",
            "metadata": "read",
            "pull_requests": "read",
        }
        assert "hook_attributes" not in begun["manifest"], "GitHub cannot reach localhost"
        back = dict(parse_qsl(urlsplit(host.register(begun["action_url"], begun["manifest"])).query))
        finished = await admin.post("/git-sign-ins/finish", json=back)
        assert finished.json()["outcome"] == "registered", finished.text
        (app,) = (await client.get("/git-apps")).json()["items"]
        assert (app["name"], app["client_id"], app["can"]) == ("Capsule", CLIENT_ID, [])
        assert (await admin.get("/git-apps")).json()["items"][0]["can"] == ["update", "delete"]
        async with context.database.reading() as db_session:
            kept = (await db_session.get_one(GitApp, app["id"])).secrets
        assert CLIENT_SECRET not in kept
        assert "PRIVATE KEY" not in kept
        again = await admin.post("/git-apps/manifest", json=wanted)
        assert (again.status_code, again.json()["code"]) == (409, "git_app_exists")

    async def test_webhook_is_asked_for_where_github_can_reach_it(
        self, app: FastAPI, admin: httpx2.AsyncClient, context: Context, host: SignInHost
    ) -> None:
        app.state.context = replace(context, domain="capsule.example.org", scheme="https", port=443)
        headers = {"Host": "capsule.example.org", "Origin": "https://capsule.example.org"}
        body = {"url": host.url, "name": "Capsule"}
        manifest = (await admin.post("/git-apps/manifest", json=body, headers=headers)).json()["manifest"]
        assert manifest["hook_attributes"]["url"].startswith(
            "https://capsule.example.org/api/v1/hooks/apps/gap_"
        )
        assert manifest["default_events"] == ["push", "pull_request"]

    async def test_used_code_registers_nothing(
        self, admin: httpx2.AsyncClient, context: Context, host: SignInHost
    ) -> None:
        begun = (await admin.post("/git-apps/manifest", json={"url": host.url, "name": "Capsule"})).json()
        state = dict(parse_qsl(urlsplit(begun["action_url"]).query))["state"]
        answer = await admin.post("/git-sign-ins/finish", json={"state": state, "code": "none"})
        assert answer.status_code == 404
        assert (await admin.get("/git-apps")).json()["items"] == []


class TestByHand:
    async def test_github_app_is_tried_first(
        self, admin: httpx2.AsyncClient, context: Context, host: SignInHost
    ) -> None:
        made = await admin.post("/git-apps", json=by_hand(host))
        assert made.status_code == 201, made.text
        assert (made.json()["name"], made.json()["has_webhook_secret"]) == ("Capsule", True)
        assert CLIENT_SECRET not in made.text
        assert host.complaints == []

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"private_key": "nonsense"}, "invalid_private_key"),
            ({"private_key": ""}, "invalid_input"),
            ({"number": "1"}, "git_host_refused"),
        ],
    )
    async def test_what_does_not_fit_is_refused(
        self,
        admin: httpx2.AsyncClient,
        context: Context,
        host: SignInHost,
        values: dict[str, str],
        code: str,
    ) -> None:
        answer = await admin.post("/git-apps", json=by_hand(host, **values))
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    async def test_secrets_are_changed_apart(
        self, admin: httpx2.AsyncClient, context: Context, host: SignInHost
    ) -> None:
        body = {"provider": "gitlab", "url": host.url, "client_id": "old", "client_secret": "s"}
        app = (await admin.post("/git-apps", json=body)).json()
        assert (app["webhook_url"], app["callback_url"]) == (None, "http://localhost:8080/git/return")
        changed = await admin.patch(f"/git-apps/{app['id']}", json={"client_id": "new"})
        assert changed.json()["client_id"] == "new"
        assert (await admin.delete(f"/git-apps/{app['id']}")).status_code == 204
        assert (await admin.delete(f"/git-apps/{app['id']}")).json()["code"] == "git_app_not_found"


async def test_teams_cannot_register(client: httpx2.AsyncClient, world: World, host: SignInHost) -> None:
    assert (await client.post("/git-apps", json=by_hand(host))).status_code == 403
    body = {"url": host.url, "name": "Capsule"}
    assert (await client.post("/git-apps/manifest", json=body)).status_code == 403


@pytest.mark.parametrize(
    ("domain", "reached"),
    [
        ("capsule.example.org", True),
        ("localhost", False),
        ("box.local", False),
        ("10.0.0.4", False),
        ("8.8.8.8", True),
    ],
)
def test_whether_a_host_on_the_internet_reaches_the_site(domain: str, reached: bool) -> None:
    assert is_reachable(Site(domain=domain)) is reached
