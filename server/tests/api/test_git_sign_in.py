"""Teams sign in at git hosts: the states, whose access it is, tokens that end, what comes of refusals."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from api_records import World
from sign_in_host import CLIENT_ID, CLIENT_SECRET, HOOK_SECRET, Installed, SignInHost, sign_in_host
from sqlalchemy import select, update

from capsule.api.context import Context
from capsule.build.pipeline import Pipeline
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.accounts import Accounts, SignInNeeded
from capsule.control.delivery.sources.connections.tokens import Renewed
from capsule.control.delivery.subscriptions import subscribe
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Build, GitConnection, GitSignIn, Login, Membership
from capsule.reconcile.platform import Platform
from capsule.reconcile.sources import Sources

ClientAs = Callable[..., httpx2.AsyncClient]
OTHERS = ("gitlab", "gitea", "bitbucket")


@pytest.fixture
def host() -> Iterator[SignInHost]:
    with sign_in_host() as host:
        host.installations[10] = Installed(10, "ada", {1: "ada/shop", 2: "ada/till"}, {"ada": [1, 2]})
        yield host
        assert host.complaints == []


@pytest.fixture
def context(context: Context) -> Context:
    subscribe(context.events, context.box)
    return replace(context, git=GitOptions(private_hosts=("127.0.0.1",)))


class Person:
    """A member of a team in one browser, in front of the console and the host."""

    def __init__(self, client: httpx2.AsyncClient, host: SignInHost, team: str, app_id: str) -> None:
        self.client = client
        self.host = host
        self.team = team
        self.app_id = app_id

    async def begin(self, **wanted: Any) -> str:
        answer = await self.client.post(
            f"/teams/{self.team}/git-sign-ins", json={"git_app_id": self.app_id, **wanted}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    async def finish(self, back: str, **more: str) -> httpx2.Response:
        body = {**dict(parse_qsl(urlsplit(back).query)), **more}
        return await self.client.post("/git-sign-ins/finish", json=body)

    async def sign_in(self, **wanted: Any) -> httpx2.Response:
        return await self.finish(self.host.visit(await self.begin(**wanted)))

    async def connect(self, **wanted: Any) -> str:
        answer = await self.sign_in(**wanted)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outcome"] == "connected"
        return str(answer.json()["connection"]["id"])

    async def connections(self) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/teams/{self.team}/git-connections")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def repositories(self, connection_id: str) -> list[str]:
        answer = await self.client.get(f"/git-connections/{connection_id}/repositories")
        assert answer.status_code == 200, answer.text
        return [item["full_name"] for item in answer.json()["items"]]


async def register(client_as: ClientAs, host: SignInHost, provider: str) -> str:
    body = {"provider": provider, "url": host.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    if provider == "github":
        body |= {"number": str(host.number), "private_key": host.pem, "webhook_secret": HOOK_SECRET}
    made = await client_as("admin").post("/git-apps", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.fixture
async def github(client_as: ClientAs, context: Context, host: SignInHost, world: World) -> Person:
    app_id = await register(client_as, host, "github")
    return Person(client_as("owner"), host, world.team.id, app_id)


@pytest.fixture
async def gitlab(client_as: ClientAs, context: Context, host: SignInHost, world: World) -> Person:
    app_id = await register(client_as, host, "gitlab")
    return Person(client_as("owner"), host, world.team.id, app_id)


async def make_capsule(person: Person, world: World, connection_id: str, name: str = "shop") -> str:
    body = {
        "space_id": world.space.id if person.team == world.team.id else world.foreign_space.id,
        "name": name,
        "type": "backend",
        "source": {"kind": "git", "url": f"{person.host.url}/ada/shop.git", "branch": "main"},
        "connection_id": connection_id,
        "deploy": False,
    }
    made = await person.client.post("/capsules", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def expire(context: Context, **values: Any) -> None:
    async with context.database.unit_of_work() as db_session:
        await db_session.execute(
            update(GitConnection).values(expires_at=now() - timedelta(seconds=1), **values)
        )


class TestInstallation:
    async def test_installed_app_reaches_its_repositories(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        (connection,) = await github.connections()
        assert (connection["account"], connection["status"], connection["is_limited"]) == (
            "ada",
            "connected",
            False,
        )
        assert await github.repositories(connection_id) == ["ada/shop", "ada/till"]
        branches = await github.client.get(f"/git-connections/{connection_id}/repositories/ada/shop/branches")
        assert branches.json()["items"] == ["main"]
        assert len(host.revoked) == 2, "neither the user's token nor the one to count with is kept"
        minted = len(host.access)
        await github.repositories(connection_id)
        assert len(host.access) == minted, "a token is used while it is good"

    async def test_somebody_elses_installation_is_refused(self, github: Person, host: SignInHost) -> None:
        host.installations[11] = Installed(11, "rich", {5: "rich/vault"}, {"rich": [5]})
        back = host.visit(await github.begin(install=True))
        answer = await github.finish(back, installation_id="11")
        assert (answer.status_code, answer.json()["code"]) == (403, "git_installation_refused")
        assert await github.connections() == []

    @pytest.mark.parametrize("number", ["x", "10/access_tokens", "-1"])
    async def test_what_is_no_number_is_refused(self, github: Person, host: SignInHost, number: str) -> None:
        answer = await github.finish(host.visit(await github.begin(install=True)), installation_id=number)
        assert (answer.status_code, answer.json()["code"]) == (403, "git_installation_refused")

    async def test_team_gets_no_more_than_its_member_may_see(self, github: Person, host: SignInHost) -> None:
        repositories = {1: "firm/site", 2: "firm/payroll", 3: "firm/board"}
        host.installations[12] = Installed(12, "firm", repositories, {"ada": [1]})
        connection_id = await github.connect(install=True)
        assert (await github.connections())[0]["is_limited"] is True
        assert await github.repositories(connection_id) == ["firm/site"]

    async def test_repository_that_left_the_installation_is_left_out(
        self, github: Person, host: SignInHost
    ) -> None:
        repositories = {1: "firm/site", 2: "firm/shop", 3: "firm/board"}
        host.installations[12] = Installed(12, "firm", repositories, {"ada": [1, 2]})
        connection_id = await github.connect(install=True)
        del repositories[1]
        assert await github.repositories(connection_id) == ["firm/shop"]
        del repositories[2]
        host.access.clear()
        answer = await github.client.get(f"/git-connections/{connection_id}/repositories")
        assert answer.json()["code"] == "git_sign_in_needed"

    async def test_one_of_several_is_chosen(
        self, github: Person, host: SignInHost, client_as: ClientAs
    ) -> None:
        host.installations[12] = Installed(12, "firm", {3: "firm/site"}, {"ada": [3]})
        asked = (await github.sign_in()).json()
        assert asked["outcome"] == "choose"
        assert [one["account"] for one in asked["installations"]] == ["ada", "firm"]
        choice = {"state": asked["state"], "installation_id": "12"}
        stolen = await client_as("member").post("/git-sign-ins/choose", json=choice)
        assert stolen.json()["code"] == "git_sign_in_unknown"
        chosen = await github.client.post("/git-sign-ins/choose", json=choice)
        assert chosen.json()["connection"]["account"] == "firm", chosen.text
        again = await github.client.post("/git-sign-ins/choose", json=choice)
        assert again.json()["code"] == "git_sign_in_unknown"

    async def test_owner_of_the_account_has_to_approve(self, github: Person, host: SignInHost) -> None:
        state = dict(parse_qsl(urlsplit(await github.begin(install=True)).query))["state"]
        answer = await github.client.post(
            "/git-sign-ins/finish", json={"state": state, "setup_action": "request"}
        )
        assert answer.json()["outcome"] == "requested"

    async def test_signing_in_again_keeps_the_connection(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        host.installations[13] = replace(host.installations.pop(10), id=13)
        assert await github.connect(install=True, connection_id=connection_id) == connection_id
        assert await github.repositories(connection_id) == ["ada/shop", "ada/till"]


class TestInstallationEnds:
    async def test_removed_from_the_account(self, github: Person, host: SignInHost, context: Context) -> None:
        connection_id = await github.connect(install=True)
        kept = host.installations.pop(10)
        answer = await github.client.get(f"/git-connections/{connection_id}/repositories")
        assert (answer.status_code, answer.json()["code"]) == (409, "git_sign_in_needed")
        (connection,) = await github.connections()
        assert connection["status"] == "signed_out"
        assert "not installed at ada any more" in connection["problem"]
        host.installations[10] = kept
        await github.connect(install=True, connection_id=connection_id)
        assert await github.repositories(connection_id) == ["ada/shop", "ada/till"]

    async def test_app_deleted_at_the_host(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        host.app_is_gone = True
        answer = await github.client.get(f"/git-connections/{connection_id}/repositories")
        assert answer.json()["code"] == "git_sign_in_needed"
        assert "register" in (await github.connections())[0]["problem"]

    async def test_suspended_installation_is_no_loss(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        host.installations[10].suspended = True
        answer = await github.client.get(f"/git-connections/{connection_id}/repositories")
        assert answer.json()["code"] == "git_host_refused"
        host.installations[10].suspended = False
        assert await github.repositories(connection_id) == ["ada/shop", "ada/till"]

    async def test_revoked_token_is_replaced(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        await github.repositories(connection_id)
        host.access.clear()
        assert await github.repositories(connection_id) == ["ada/shop", "ada/till"]

    async def test_disconnecting_ends_the_token(self, github: Person, host: SignInHost) -> None:
        connection_id = await github.connect(install=True)
        await github.repositories(connection_id)
        await github.client.delete(f"/git-connections/{connection_id}")
        assert host.access == {}
        assert await github.connections() == []

    async def test_removed_registration_signs_out(
        self, github: Person, host: SignInHost, client_as: ClientAs
    ) -> None:
        await github.connect(install=True)
        await client_as("admin").delete(f"/git-apps/{github.app_id}")
        (connection,) = await github.connections()
        assert (connection["status"], "administrator" in connection["problem"]) == ("signed_out", True)


class TestState:
    async def test_is_good_once(self, gitlab: Person, host: SignInHost) -> None:
        back = host.visit(await gitlab.begin())
        assert (await gitlab.finish(back)).status_code == 200
        again = await gitlab.finish(back)
        assert (again.status_code, again.json()["code"]) == (409, "git_sign_in_unknown")

    async def test_belongs_to_the_user(
        self, gitlab: Person, host: SignInHost, client_as: ClientAs, world: World
    ) -> None:
        back = host.visit(await gitlab.begin())
        for role in ("member", "admin", "foreigner"):
            other = Person(client_as(role), host, world.team.id, gitlab.app_id)
            assert (await other.finish(back)).json()["code"] == "git_sign_in_unknown"
        assert (await gitlab.finish(back)).status_code == 200

    async def test_belongs_to_the_browser(
        self, gitlab: Person, host: SignInHost, context: Context, world: World
    ) -> None:
        back = host.visit(await gitlab.begin())
        async with context.database.unit_of_work() as db_session:
            login = (await db_session.scalars(select(GitSignIn.login_id))).one()
            user_id = world.people["owner"].user.id
            elsewhere = Login(
                id=new_id("lgn"),
                user_id=user_id,
                token_hash="x",
                expires_at=now() + timedelta(days=1),
                last_seen_at=now(),
            )
            db_session.add(elsewhere)
            assert login != elsewhere.id
            await db_session.execute(update(GitSignIn).values(login_id=elsewhere.id))
        assert (await gitlab.finish(back)).json()["code"] == "git_sign_in_unknown"

    async def test_expires(self, gitlab: Person, host: SignInHost, context: Context) -> None:
        back = host.visit(await gitlab.begin())
        async with context.database.unit_of_work() as db_session:
            await db_session.execute(update(GitSignIn).values(expires_at=now() - timedelta(seconds=1)))
        assert (await gitlab.finish(back)).json()["code"] == "git_sign_in_unknown"

    async def test_unknown_one_is_refused(self, gitlab: Person, host: SignInHost) -> None:
        answer = await gitlab.client.post("/git-sign-ins/finish", json={"state": "made-up", "code": "x"})
        assert answer.json()["code"] == "git_sign_in_unknown"

    async def test_needs_a_browser(
        self, gitlab: Person, host: SignInHost, client_as: ClientAs, world: World
    ) -> None:
        back = host.visit(await gitlab.begin())
        by_token = Person(client_as("owner", via="token"), host, world.team.id, gitlab.app_id)
        assert (await by_token.finish(back)).json()["code"] == "browser_needed"

    async def test_who_left_the_team_connects_nothing(
        self, gitlab: Person, host: SignInHost, client_as: ClientAs, context: Context, world: World
    ) -> None:
        member = Person(client_as("member"), host, world.team.id, gitlab.app_id)
        back = host.visit(await member.begin())
        async with context.database.unit_of_work() as db_session:
            query = select(Membership).where(Membership.user_id == world.people["member"].user.id)
            await db_session.delete((await db_session.scalars(query)).one())
        assert (await member.finish(back)).status_code == 404

    async def test_refusal_at_the_host(self, gitlab: Person, host: SignInHost) -> None:
        host.denies = True
        answer = await gitlab.sign_in()
        assert (answer.status_code, answer.json()["code"]) == (409, "git_sign_in_denied")

    async def test_host_that_is_away(self, gitlab: Person, host: SignInHost) -> None:
        back = host.visit(await gitlab.begin())
        host.is_away = True
        answer = await gitlab.finish(back)
        assert (answer.status_code, answer.json()["code"]) == (503, "git_host_unavailable")


@pytest.mark.parametrize("provider", OTHERS)
class TestEveryHost:
    async def test_sign_in_lists_renews_and_clones(
        self, client_as: ClientAs, context: Context, host: SignInHost, world: World, provider: str
    ) -> None:
        app_id = await register(client_as, host, provider)
        person = Person(client_as("owner"), host, world.team.id, app_id)
        connection_id = await person.connect()
        assert await person.repositories(connection_id) == ["team/shop"]
        async with context.database.reading() as db_session:
            before = await db_session.get_one(GitConnection, connection_id)
        assert not set(host.access) & {before.token, before.refresh_token}, "tokens are encrypted"
        await expire(context)
        assert await person.repositories(connection_id) == ["team/shop"]
        assert host.refreshes == 1
        access = await Accounts(context.database, context.box, context.git).connected(
            connection_id, world.team.id, f"{host.url}/team/shop.git"
        )
        assert access.token in host.access
        elsewhere = await Accounts(context.database, context.box, context.git).connected(
            connection_id, world.team.id, "https://elsewhere.example/team/shop.git"
        )
        assert elsewhere.token == ""


class TestRenewal:
    async def test_many_at_once_use_a_refresh_token_once(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        connection_id = await gitlab.connect()
        await expire(context)
        workers = [Accounts(context.database, context.box, context.git) for _ in range(8)]
        tokens = await asyncio.gather(*(worker.token(connection_id) for worker in workers))
        assert len(set(tokens)) == 1
        assert host.refreshes == 1

    async def test_renewal_goes_on_when_the_one_who_asked_is_gone(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        connection_id = await gitlab.connect()
        await expire(context)
        began = asyncio.Event()

        class Telling(Accounts):
            async def _exchange(self, connection: GitConnection) -> Renewed:
                began.set()
                return await super()._exchange(connection)

        accounts = Telling(context.database, context.box, context.git)
        asked = asyncio.create_task(accounts.token(connection_id))
        await began.wait()
        asked.cancel()
        await asyncio.gather(asked, *accounts._renewals, return_exceptions=True)
        assert await accounts.token(connection_id) in host.access
        assert host.refreshes == 1

    async def test_claim_of_a_process_that_died_ends(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        connection_id = await gitlab.connect()
        await expire(context, renewing_until=now() - timedelta(seconds=1))
        assert await Accounts(context.database, context.box, context.git).token(connection_id) in host.access

    async def test_short_lived_tokens_are_used(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        host.lifetime = 60
        connection_id = await gitlab.connect()
        assert await gitlab.repositories(connection_id) == ["team/shop"]

    async def test_host_that_is_away_costs_nothing(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        connection_id = await gitlab.connect()
        await expire(context)
        host.is_away = True
        answer = await gitlab.client.get(f"/git-connections/{connection_id}/repositories")
        assert (answer.status_code, answer.json()["code"]) == (503, "git_host_unavailable")
        host.is_away = False
        assert await gitlab.repositories(connection_id) == ["team/shop"]

    async def test_revoked_sign_in_is_told_and_mended(
        self, gitlab: Person, host: SignInHost, context: Context
    ) -> None:
        connection_id = await gitlab.connect()
        host.access.clear()
        host.refresh.clear()
        answer = await gitlab.client.get(f"/git-connections/{connection_id}/repositories")
        assert (answer.status_code, answer.json()["code"]) == (409, "git_sign_in_needed")
        (connection,) = await gitlab.connections()
        assert (connection["status"], "sign_in" in connection["can"]) == ("signed_out", True)
        with pytest.raises(SignInNeeded, match="revoked"):
            await Accounts(context.database, context.box, context.git).token(connection_id)
        host.user = "eve"
        other = await gitlab.sign_in(connection_id=connection_id)
        assert (other.json()["code"], "eve" in other.json()["detail"]) == ("git_sign_in_failed", True)
        host.user = "ada"
        assert await gitlab.connect(connection_id=connection_id) == connection_id
        assert await gitlab.repositories(connection_id) == ["team/shop"]

    async def test_disconnecting_revokes_at_the_host(self, gitlab: Person, host: SignInHost) -> None:
        await gitlab.client.delete(f"/git-connections/{await gitlab.connect()}")
        assert len(host.revoked) == 1
        assert host.refresh == {}

    async def test_pasted_token_that_was_revoked(
        self, client: httpx2.AsyncClient, context: Context, host: SignInHost, world: World
    ) -> None:
        path = f"/teams/{world.team.id}/git-connections"
        body = {"provider": "gitlab", "url": host.url, "token": host.grant("ada")["access_token"]}
        first = (await client.post(path, json=body)).json()
        host.access.clear()
        lost = await client.get(f"/git-connections/{first['id']}/repositories")
        assert lost.json()["code"] == "git_sign_in_needed"
        assert (await client.get(path)).json()["items"][0]["status"] == "signed_out"
        body["token"] = host.grant("ada")["access_token"]
        again = (await client.post(path, json=body)).json()
        assert (again["id"], again["status"]) == (first["id"], "connected")


async def test_no_team_uses_the_connection_of_another(
    github: Person, host: SignInHost, client_as: ClientAs, world: World
) -> None:
    connection_id = await github.connect(install=True)
    stranger = client_as("foreigner")
    assert (await stranger.get(f"/git-connections/{connection_id}/repositories")).status_code == 404
    assert (await stranger.delete(f"/git-connections/{connection_id}")).status_code == 404
    source = {"kind": "git", "url": f"{host.url}/ada/shop.git"}
    body = {"space_id": world.foreign_space.id, "name": "x", "type": "backend", "source": source}
    made = await stranger.post("/capsules", json={**body, "connection_id": connection_id})
    assert (made.status_code, made.json()["code"]) == (404, "git_connection_not_found")
    theirs = Person(stranger, host, world.foreign_team.id, github.app_id)
    taken = await theirs.sign_in(install=True, connection_id=connection_id)
    assert taken.json()["connection"]["id"] != connection_id
    assert taken.json()["connection"]["team_id"] == world.foreign_team.id


class TestWebhooks:
    async def send(
        self, person: Person, event: str, payload: dict[str, Any], *, secret: str = HOOK_SECRET
    ) -> httpx2.Response:
        body = json.dumps(payload).encode()
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": new_id("dlv"),
            "X-Hub-Signature-256": f"sha256={digest}",
        }
        return await person.client.post(f"/hooks/apps/{person.app_id}", content=body, headers=headers)

    def push(self, installation: int = 10, number: int = 1, name: str = "ada/shop") -> dict[str, Any]:
        return {
            "ref": "refs/heads/main",
            "before": "1",
            "after": "2",
            "commits": [],
            "installation": {"id": installation},
            "repository": {"id": number, "full_name": name},
        }

    async def test_one_webhook_serves_all_capsules_of_the_repository(
        self, github: Person, host: SignInHost, client_as: ClientAs, context: Context, world: World
    ) -> None:
        theirs = Person(client_as("foreigner"), host, world.foreign_team.id, github.app_id)
        ours = await make_capsule(github, world, await github.connect(install=True))
        foreign = await make_capsule(theirs, world, await theirs.connect(install=True), "till")
        answer = await self.send(github, "push", self.push())
        assert (answer.status_code, answer.json()["outcome"]) == (202, "built"), answer.text
        async with context.database.reading() as db_session:
            built = (await db_session.scalars(select(Build.capsule_id))).all()
        assert sorted(built) == sorted([ours, foreign])

    async def test_other_repositories_and_installations_build_nothing(
        self, github: Person, host: SignInHost, context: Context, world: World
    ) -> None:
        await make_capsule(github, world, await github.connect(install=True))
        for payload in (self.push(name="ada/till"), self.push(installation=99)):
            assert (await self.send(github, "push", payload)).json()["outcome"] == "ignored"
        forged = await self.send(github, "push", self.push(), secret="guessed")
        assert (forged.status_code, forged.json()["code"]) == (401, "hook_refused")
        malformed = await self.send(github, "push", cast(Any, []))
        assert malformed.status_code == 422
        assert (await self.send(github, "ping", {"zen": "x"})).json()["outcome"] == "answered"
        async with context.database.reading() as db_session:
            assert (await db_session.scalars(select(Build))).all() == []

    async def test_end_of_an_installation_is_noted(
        self, github: Person, host: SignInHost, context: Context, world: World
    ) -> None:
        await github.connect(install=True)
        event = {"action": "deleted", "installation": {"id": 10}}
        assert (await self.send(github, "installation", event)).status_code == 202
        assert (await github.connections())[0]["problem"] == "The app was removed from ada."

    async def test_nothing_is_put_into_the_repository_of_an_installation(
        self, github: Person, host: SignInHost, context: Context, world: World
    ) -> None:
        await make_capsule(github, world, await github.connect(install=True))
        await tend(context)
        assert host.hooks == []

    async def test_other_hosts_get_a_webhook_for_each_capsule(
        self, gitlab: Person, host: SignInHost, context: Context, world: World
    ) -> None:
        capsule_id = await make_capsule(gitlab, world, await gitlab.connect())
        await tend(context)
        (hook,) = host.hooks
        assert hook["path"] == "/api/v4/projects/ada/shop/hooks"
        assert hook["url"].endswith(f"/api/v1/hooks/{capsule_id}")


async def tend(context: Context) -> None:
    names = ("database", "paths", "box", "engine", "edge", "apps", "changes", "site", "git", "events")
    parts = {name: getattr(context, name) for name in names}
    await Sources(Platform(**parts, pipeline=cast(Pipeline, None))).tend()
