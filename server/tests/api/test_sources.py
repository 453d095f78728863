"""Access to repositories, webhooks of every host, previews, and git's own protocol with its walls."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_records import ORIGIN, World, make_capsule
from sqlalchemy import select

from capsule.api.context import Context
from capsule.control.delivery.subscriptions import subscribe
from capsule.models import Build, Capsule, EnvVariable, SourceAccess

PAYLOADS = Path(__file__).parent / "hooks"
URL = "https://git.example/team/shop.git"


@pytest.fixture
async def capsule(context: Context, world: World) -> Capsule:
    subscribe(context.events, context.box)
    async with context.database.unit_of_work() as db_session:
        space = await db_session.merge(world.space)
        source = {"kind": "git", "url": URL, "branch": "main", "path": ""}
        return await make_capsule(db_session, space, name="shop", slug="shop", source=source)


@pytest.fixture
async def secret(client: httpx2.AsyncClient, capsule: Capsule) -> str:
    answer = await client.post(f"/capsules/{capsule.id}/source-access/webhook-secret")
    return str(answer.json()["secret"])


async def builds_of(context: Context, capsule_id: str) -> list[Build]:
    async with context.database.reading() as db_session:
        query = select(Build).where(Build.capsule_id == capsule_id).order_by(Build.created_at, Build.id)
        return list((await db_session.scalars(query)).all())


async def configure(client: httpx2.AsyncClient, config: dict[str, Any]) -> None:
    (await client.patch("/capsules/shop", json={"config": config})).raise_for_status()


class Host:
    """A git host that sends webhooks as documented."""

    def __init__(self, client: httpx2.AsyncClient, capsule: Capsule, secret: str) -> None:
        self._client = client
        self._path = f"/hooks/{capsule.id}"
        self._secret = secret

    async def send(
        self, provider: str, event: str, payload: dict[str, Any], delivery: str = "", *, secret: str = ""
    ) -> httpx2.Response:
        body = json.dumps(payload).encode()
        headers = {"content-type": "application/json"} | self._headers(
            provider, event, delivery, body, secret or self._secret
        )
        return await self._client.post(self._path, content=body, headers=headers)

    def _headers(self, provider: str, event: str, delivery: str, body: bytes, secret: str) -> dict[str, str]:
        hexdigest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if provider == "github":
            return {
                "x-github-event": event,
                "x-github-delivery": delivery,
                "x-hub-signature-256": f"sha256={hexdigest}",
            }
        if provider == "gitea":
            return {
                "x-gitea-event": event,
                "x-github-event": event,
                "x-gitea-delivery": delivery,
                "x-gitea-signature": hexdigest,
            }
        if provider == "bitbucket":
            return {
                "x-event-key": event,
                "x-request-uuid": delivery,
                "x-hub-signature": f"sha256={hexdigest}",
            }
        if provider == "gitlab":
            return {"x-gitlab-event": event, "x-gitlab-event-uuid": delivery, "x-gitlab-token": secret}
        at = str(int(time.time()))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = hmac.new(key, f"{delivery}.{at}.".encode() + body, hashlib.sha256).digest()
        return {
            "x-gitlab-event": event,
            "webhook-id": delivery,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


@pytest.fixture
def host(client_as: Any, capsule: Capsule, secret: str) -> Host:
    return Host(client_as(None), capsule, secret)


def sample(name: str) -> dict[str, Any]:
    """Return a payload as the host's documentation shows it."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


class TestAccess:
    async def test_token_is_never_read_back(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule
    ) -> None:
        path = f"/capsules/{capsule.id}/source-access"
        assert (await client.get(path)).json()["has_token"] is False
        answer = await client.patch(path, json={"token": "s3cret"})
        assert answer.json()["has_token"] is True
        assert "s3cret" not in answer.text
        async with context.database.reading() as db_session:
            row = (await db_session.scalars(select(SourceAccess))).one()
            assert "s3cret" not in (row.token or "")
        assert (await client.patch(path, json={"token": ""})).json()["has_token"] is False

    async def test_token_with_a_line_break_is_refused(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        answer = await client.patch(f"/capsules/{capsule.id}/source-access", json={"token": "a\nb"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")

    async def test_deploy_key_shows_its_public_half(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        answer = await client.post(f"/capsules/{capsule.id}/source-access/deploy-key")
        assert answer.json()["public_key"].startswith("ssh-ed25519 AAAA")
        assert "PRIVATE" not in answer.text

    async def test_addresses_for_people(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        found = (await client.get(f"/capsules/{capsule.id}/source-access")).json()
        assert found["push_url"] == f"{ORIGIN}/git/shop.git"
        assert found["webhook_url"] == f"{ORIGIN}/api/v1/hooks/{capsule.id}"

    async def test_connection_of_another_team_is_unknown(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        answer = await client.patch(
            f"/capsules/{capsule.id}/source-access", json={"connection_id": "gcn_other"}
        )
        assert answer.status_code == 404

    async def test_changing_the_branch_builds_again(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule
    ) -> None:
        source = {"kind": "git", "url": URL, "branch": "next"}
        await client.patch("/capsules/shop", json={"source": source})
        await client.patch("/capsules/shop", json={"source": {**source, "path": "web"}})
        found = await builds_of(context, capsule.id)
        assert [build.source["path"] for build in found] == ["", "web"]
        assert [build.status for build in found] == ["cancelled", "queued"]


class TestHooks:
    @pytest.mark.parametrize(
        ("provider", "event", "name"),
        [
            ("github", "push", "github-push"),
            ("gitlab", "Push Hook", "gitlab-push"),
            ("gitlab-signed", "Push Hook", "gitlab-push"),
            ("bitbucket", "repo:push", "bitbucket-push"),
            ("gitea", "push", "gitea-push"),
        ],
    )
    async def test_push_to_the_branch_is_built(
        self, context: Context, capsule: Capsule, host: Host, provider: str, event: str, name: str
    ) -> None:
        answer = await host.send(provider, event, sample(name), "d-1")
        assert (answer.status_code, answer.json()["outcome"]) == (202, "built")
        assert [build.trigger for build in await builds_of(context, capsule.id)] == ["webhook"]

    async def test_wrong_signature_is_refused_and_counted(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule, host: Host
    ) -> None:
        for provider in ("github", "gitlab", "gitlab-signed", "bitbucket", "gitea"):
            answer = await host.send(provider, "push", sample("github-push"), secret="whsec_d3Jvbmc=")
            assert (answer.status_code, answer.json()["code"]) == (401, "hook_refused")
        assert not await builds_of(context, capsule.id)
        found = (await client.get(f"/capsules/{capsule.id}/source-access")).json()
        assert found["last_hook"]["refused"] == 5
        assert found["last_hook_at"] is None

    async def test_unknown_capsule_looks_like_a_wrong_signature(self, client_as: Any) -> None:
        answer = await client_as(None).post("/hooks/cap_none", json={}, headers={"x-github-event": "push"})
        assert (answer.status_code, answer.json()["code"]) == (401, "hook_refused")

    async def test_body_above_the_limit_is_refused(self, client_as: Any, capsule: Capsule) -> None:
        answer = await client_as(None).post(f"/hooks/{capsule.id}", content=b"x" * (5 * 1024**2 + 1))
        assert answer.status_code == 413

    async def test_same_delivery_does_nothing_twice(
        self, context: Context, capsule: Capsule, host: Host
    ) -> None:
        await host.send("github", "push", sample("github-push"), "same")
        answer = await host.send("github", "push", sample("github-push"), "same")
        assert (answer.status_code, answer.json()["outcome"]) == (200, "answered")
        assert len(await builds_of(context, capsule.id)) == 1

    async def test_ping_is_answered_and_shown(
        self, client: httpx2.AsyncClient, capsule: Capsule, host: Host
    ) -> None:
        answer = await host.send("github", "ping", {"zen": "Keep it logically awesome."})
        assert answer.json()["outcome"] == "answered"
        found = (await client.get(f"/capsules/{capsule.id}/source-access")).json()
        assert found["last_hook"]["sentence"] == "The webhook is set up."
        assert "seen" not in found["last_hook"]

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"ref": "refs/heads/other"}, "'other' was pushed"),
            ({"ref": "refs/tags/v1"}, "nothing was pushed to a branch"),
            ({"after": "0" * 40, "deleted": True}, "the branch was deleted"),
            ({"head_commit": {"message": "Fix\n\n[skip ci]"}}, "asks not to be deployed"),
        ],
    )
    async def test_other_pushes_are_ignored(
        self, context: Context, capsule: Capsule, host: Host, change: dict[str, Any], sentence: str
    ) -> None:
        answer = await host.send("github", "push", {**sample("github-push"), **change})
        assert answer.json()["outcome"] == "ignored"
        assert sentence in answer.json()["detail"]
        assert not await builds_of(context, capsule.id)

    async def test_auto_deploy_off_is_told(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule, host: Host
    ) -> None:
        await configure(client, {"auto_deploy": False})
        answer = await host.send("github", "push", sample("github-push"))
        assert answer.json()["detail"] == "Ignored: auto-deploy is off."

    async def test_only_watched_paths_are_built_unless_the_host_does_not_tell(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule, host: Host
    ) -> None:
        await configure(client, {"watch_paths": ["docs/**"]})
        answer = await host.send("github", "push", sample("github-push"))
        assert "nothing of what is watched" in answer.json()["detail"]
        forced = {**sample("github-push"), "forced": True}
        assert (await host.send("github", "push", forced)).json()["outcome"] == "built"
        assert (await host.send("bitbucket", "repo:push", sample("bitbucket-push"))).json()[
            "outcome"
        ] == "built"

    async def test_newest_push_wins_over_what_waits_and_runs(
        self, context: Context, capsule: Capsule, host: Host
    ) -> None:
        await host.send("github", "push", sample("github-push"), "1")
        async with context.database.unit_of_work() as db_session:
            first = (await db_session.scalars(select(Build))).one()
            first.status = "running"
        await host.send("github", "push", sample("github-push"), "2")
        await host.send("github", "push", sample("github-push"), "3")
        found = await builds_of(context, capsule.id)
        assert [build.reason for build in found] == [*["A newer push took its place."] * 2, None]
        assert found[0].cancel_requested

    async def test_garbage_with_a_good_signature_is_a_mistake_of_the_sender(self, host: Host) -> None:
        for provider, event in (
            ("github", "push"),
            ("gitlab", "x"),
            ("bitbucket", "repo:push"),
            ("gitea", "push"),
        ):
            payload = {"object_kind": "push", "ref": 7, "push": [], "commits": "no"}
            assert (await host.send(provider, event, payload)).status_code in (200, 422)


class TestPreviews:
    async def test_by_hand_copies_config_and_variables(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule
    ) -> None:
        await client.patch("/capsules/shop/env", json={"set": {"COLOUR": "red"}, "unset": []})
        await configure(client, {"run_command": "python main.py"})
        answer = await client.post("/capsules/shop/previews", json={"branch": "feature/blue", "hours": 2})
        assert answer.status_code == 201
        made = answer.json()
        assert (made["slug"], made["preview_of"], made["parent_id"]) == (
            "shop-feature-blue",
            "feature/blue",
            capsule.id,
        )
        assert made["source"]["branch"] == "feature/blue"
        assert made["config"]["run_command"] == "python main.py"
        assert made["current_build"]["trigger"] == "preview"
        env = (await client.get(f"/capsules/{made['id']}/env")).json()["items"]
        assert {"key": "COLOUR", "value": "red", "set_by": "user"} in env
        again = await client.post("/capsules/shop/previews", json={"branch": "feature/blue"})
        assert again.json()["id"] == made["id"]
        listed = (await client.get("/capsules/shop/previews")).json()["items"]
        assert [item["id"] for item in listed] == [made["id"]]

    async def test_removed_with_its_parent(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule
    ) -> None:
        made = (await client.post("/capsules/shop/previews", json={"branch": "x"})).json()
        await client.delete("/capsules/shop", params={"confirm": "shop"})
        async with context.database.reading() as db_session:
            preview = await db_session.get_one(Capsule, made["id"])
            assert preview.removed_at is not None

    async def test_twenty_are_all_there_may_be(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        for number in range(20):
            await client.post("/capsules/shop/previews", json={"branch": f"b{number}"})
        answer = await client.post("/capsules/shop/previews", json={"branch": "one-more"})
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_previews")

    async def test_preview_of_a_preview_is_refused(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        made = (await client.post("/capsules/shop/previews", json={"branch": "x"})).json()
        answer = await client.post(f"/capsules/{made['id']}/previews", json={"branch": "y"})
        assert answer.json()["code"] == "no_preview_here"

    @pytest.mark.parametrize(
        ("provider", "events", "name"),
        [
            ("github", ("pull_request", "pull_request"), "github-pull-request"),
            ("gitlab", ("Merge Request Hook", "Merge Request Hook"), "gitlab-merge-request"),
            ("bitbucket", ("pullrequest:created", "pullrequest:fulfilled"), "bitbucket-pull-request"),
            ("gitea", ("pull_request", "pull_request"), "gitea-pull-request"),
        ],
    )
    async def test_pull_request_comes_and_goes(
        self,
        client: httpx2.AsyncClient,
        capsule: Capsule,
        host: Host,
        provider: str,
        events: tuple[str, str],
        name: str,
    ) -> None:
        payload = sample(name)
        off = await host.send(provider, events[0], payload)
        assert off.json()["detail"] == "Ignored: previews of pull requests are off."
        await configure(client, {"previews": {"is_on": True}})
        answer = await host.send(provider, events[0], payload)
        assert answer.json()["outcome"] == "previewed"
        made = (await client.get("/capsules/shop/previews")).json()["items"]
        assert [(item["preview_of"], item["source"]["branch"]) for item in made] == [("#2", "feature/blue")]
        payload["action"] = "closed"
        if "object_attributes" in payload:
            payload["object_attributes"]["action"] = "merge"
        await host.send(provider, events[1], payload)
        assert not (await client.get("/capsules/shop/previews")).json()["items"]

    async def test_forks_are_not_built_unless_allowed(
        self, client: httpx2.AsyncClient, capsule: Capsule, host: Host
    ) -> None:
        payload = sample("github-pull-request")
        payload["pull_request"]["head"]["repo"]["full_name"] = "stranger/shop"
        await configure(client, {"previews": {"is_on": True}})
        answer = await host.send("github", "pull_request", payload)
        assert "comes from a fork" in answer.json()["detail"]
        await configure(client, {"previews": {"is_on": True, "forks": True}})
        await host.send("github", "pull_request", payload)
        made = (await client.get("/capsules/shop/previews")).json()["items"]
        assert made[0]["source"]["branch"] == "refs/pull/2/head"

    async def test_branches_that_fit_come_and_go(
        self, client: httpx2.AsyncClient, capsule: Capsule, host: Host
    ) -> None:
        await configure(client, {"previews": {"is_on": True, "branches": ["feature/*"]}})
        payload = {**sample("github-push"), "ref": "refs/heads/feature/blue"}
        assert (await host.send("github", "push", payload)).json()["outcome"] == "previewed"
        assert len((await client.get("/capsules/shop/previews")).json()["items"]) == 1
        gone = {**payload, "after": "0" * 40, "deleted": True, "head_commit": None}
        await host.send("github", "push", gone)
        assert not (await client.get("/capsules/shop/previews")).json()["items"]

    async def test_own_variables_stay_its_own(
        self, client: httpx2.AsyncClient, context: Context, capsule: Capsule
    ) -> None:
        await client.patch("/capsules/shop/env", json={"set": {"COLOUR": "red"}, "unset": []})
        made = (await client.post("/capsules/shop/previews", json={"branch": "x"})).json()
        await client.patch(f"/capsules/{made['id']}/env", json={"set": {"COLOUR": "blue"}, "unset": []})
        await client.post("/capsules/shop/previews", json={"branch": "x"})
        env = (await client.get(f"/capsules/{made['id']}/env")).json()["items"]
        assert {"key": "COLOUR", "value": "blue", "set_by": "user"} in env
        async with context.database.reading() as db_session:
            rows = (await db_session.scalars(select(EnvVariable))).all()
        assert "blue" not in "".join(row.ciphertext for row in rows)


class TestGitProtocol:
    """git itself is in `e2e/test_push.py`; here are the walls."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "info/refs?service=git-upload-pack"),
            ("GET", "info/refs?service=git-receive-pack"),
            ("POST", "git-upload-pack"),
            ("POST", "git-receive-pack"),
        ],
    )
    async def test_walls(
        self, client_as: Any, world: World, capsule: Capsule, method: str, path: str
    ) -> None:
        base = f"{ORIGIN}/git/shop.git/{path}"
        nobody = client_as(None)
        answer = await nobody.request(method, base)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert (await client_as("owner").request(method, base)).status_code == 401  # a cookie is not enough
        stranger = httpx2.BasicAuth("x", world.people["foreigner"].token)
        foreign = await nobody.request(method, base, auth=stranger)
        missing = await nobody.request(method, base.replace("shop", "shut"), auth=stranger)
        assert foreign.status_code == missing.status_code == 404
        assert foreign.text.replace("shop", "shut") == missing.text

    async def test_password_of_git_opens_nothing_else(self, client_as: Any, world: World) -> None:
        answer = await client_as(None).get(
            "/capsules", auth=httpx2.BasicAuth("x", world.people["owner"].token)
        )
        assert answer.status_code == 401

    async def test_capsule_of_another_source_takes_no_push(
        self, client_as: Any, world: World, capsule: Capsule
    ) -> None:
        answer = await client_as(None).get(
            f"{ORIGIN}/git/shop.git/info/refs?service=git-receive-pack",
            auth=httpx2.BasicAuth("x", world.people["member"].token),
        )
        assert answer.status_code == 409
        assert "made from another repository" in answer.text
        assert "capsule git remote shop" in answer.text
