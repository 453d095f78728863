"""Sign-in with cookie or credentials, tokens, and the rate limit."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_records import World
from sqlalchemy import select, update

from capsule.api.auth import LOGIN_COOKIE
from capsule.control.identity.tokens.cli_file import issue_cli_login
from capsule.db import Database
from capsule.kit import passwords
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.models import ApiToken, Login, User
from capsule.paths import DataPaths

ClientAs = Callable[..., httpx2.AsyncClient]
PASSWORD = " correct horse "


@pytest.fixture
async def owner(database: Database, world: World) -> User:
    """The owner, with a password."""
    password_hash = await passwords.hash_password(PASSWORD)
    async with database.unit_of_work() as db_session:
        user = await db_session.get_one(User, world.people["owner"].user.id)
        user.password_hash = password_hash
    return user


class TestLogin:
    async def test_right_password_signs_the_browser_in(self, client_as: ClientAs, owner: User) -> None:
        client = client_as(None)
        answer = await client.post("/auth/login", json={"email": " Owner@Example.ORG", "password": PASSWORD})
        assert answer.status_code == 200
        me = answer.json()
        assert me["user"]["email"] == "owner@example.org"
        assert [team["name"] for team in me["teams"]] == ["ours"]
        assert me["via"] == "login"
        assert me["server"]["url"] == "http://localhost:8080"
        assert "password" not in str(me)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await client.get("/auth/me")).json() == me

    async def test_wrong_password_and_unknown_email_look_the_same(
        self, client_as: ClientAs, owner: User
    ) -> None:
        client = client_as(None)
        wrong = await client.post("/auth/login", json={"email": owner.email, "password": "wrong"})
        unknown = await client.post("/auth/login", json={"email": "nobody@example.org", "password": "wrong"})
        assert wrong.status_code == unknown.status_code == 401
        without_id = [{**answer.json(), "request_id": ""} for answer in (wrong, unknown)]
        assert without_id[0] == without_id[1]
        assert wrong.json()["code"] == "wrong_credentials"
        assert "set-cookie" not in wrong.headers

    async def test_guessing_is_slowed_down(self, client_as: ClientAs, owner: User) -> None:
        client = client_as(None)
        for _ in range(10):
            await client.post("/auth/login", json={"email": owner.email, "password": "wrong"})
        blocked = await client.post("/auth/login", json={"email": owner.email, "password": PASSWORD})
        assert blocked.status_code == 429
        assert blocked.json()["code"] == "too_many_attempts"
        assert int(blocked.headers["retry-after"]) > 0
        elsewhere = await client.post(
            "/auth/login",
            json={"email": owner.email, "password": PASSWORD},
            headers={"X-Forwarded-For": "203.0.113.9"},
        )
        assert elsewhere.status_code == 200

    async def test_page_of_another_site_is_refused(self, client_as: ClientAs, owner: User) -> None:
        answer = await client_as(None).post(
            "/auth/login",
            json={"email": owner.email, "password": PASSWORD},
            headers={"Origin": "http://shop.localhost:8080"},
        )
        assert answer.status_code == 403
        assert answer.json()["code"] == "foreign_origin"

    async def test_missing_field_is_named(self, client_as: ClientAs) -> None:
        answer = await client_as(None).post("/auth/login", json={"email": "a@example.org"})
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_input"
        assert answer.json()["field"] == "password"


class TestLogout:
    async def test_cookie_stops_working(self, client_as: ClientAs, world: World) -> None:
        client = client_as("owner")
        assert (await client.get("/auth/me")).status_code == 200
        assert (await client.post("/auth/logout")).status_code == 204
        client.cookies.set(LOGIN_COOKIE, world.people["owner"].cookie)
        assert (await client.get("/auth/me")).status_code == 401

    async def test_token_ends_itself_and_no_login(self, client_as: ClientAs) -> None:
        program = client_as("owner", via="token")
        assert (await program.post("/auth/logout")).status_code == 204
        assert (await program.get("/auth/me")).status_code == 401
        assert (await client_as("owner").get("/auth/me")).status_code == 200

    async def test_without_a_login_is_fine(self, client_as: ClientAs) -> None:
        assert (await client_as(None).post("/auth/logout")).status_code == 204


class TestMe:
    async def test_anonymous_is_told_to_sign_in(self, client_as: ClientAs) -> None:
        answer = await client_as(None).get("/auth/me")
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"
        assert answer.json()["hint"] == "capsule login"

    async def test_expired_login_is_nobody(
        self, client_as: ClientAs, database: Database, world: World
    ) -> None:
        await _expire(database, Login)
        assert (await client_as("owner").get("/auth/me")).status_code == 401

    async def test_use_is_remembered_now_and_then(
        self, client_as: ClientAs, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            await db_session.execute(update(ApiToken).values(last_used_at=now() - timedelta(hours=1)))
        assert (await client_as("owner", via="token").get("/auth/me")).json()["via"] == "token"
        async with database.reading() as db_session:
            query = select(ApiToken).where(ApiToken.user_id == world.people["owner"].user.id)
            token = (await db_session.scalars(query)).one()
            assert token.last_used_at is not None
            assert now() - token.last_used_at < timedelta(minutes=1)


class TestTokens:
    async def test_new_token_works_until_it_is_deleted(self, client_as: ClientAs) -> None:
        client = client_as("owner")
        created = await client.post("/auth/tokens", json={"name": "ci", "expires_in_days": 1})
        assert created.status_code == 201
        clear = created.json()["token"]
        assert clear.startswith("cap_tok_")
        bearer = client_as(None)
        bearer.headers["Authorization"] = f"Bearer {clear}"
        assert (await bearer.get("/auth/me")).status_code == 200
        listed = (await client.get("/auth/tokens")).json()["items"]
        assert {token["name"] for token in listed} == {"ci", "test"}
        assert clear not in str(listed)
        assert (await client.delete(f"/auth/tokens/{created.json()['id']}")).status_code == 204
        answer = await bearer.get("/auth/me")
        assert answer.status_code == 401
        assert "token" in answer.json()["detail"]

    async def test_token_of_somebody_else_is_not_there(
        self, client_as: ClientAs, database: Database, world: World
    ) -> None:
        async with database.reading() as db_session:
            query = select(ApiToken.id).where(ApiToken.user_id == world.people["member"].user.id)
            token_id = (await db_session.scalars(query)).one()
        answer = await client_as("owner").delete(f"/auth/tokens/{token_id}")
        assert answer.status_code == 404
        assert (await client_as("member", via="token").get("/auth/me")).status_code == 200

    async def test_token_makes_tokens_that_do_not_outlive_it(self, client_as: ClientAs) -> None:
        made = await client_as("owner").post("/auth/tokens", json={"name": "short", "expires_in_days": 2})
        short = client_as(None)
        short.headers["Authorization"] = f"Bearer {made.json()['token']}"
        for days, status in ((None, 403), (3, 403), (1, 201)):
            body = {"name": "more"} | ({"expires_in_days": days} if days else {})
            answer = await short.post("/auth/tokens", json=body)
            assert answer.status_code == status
            assert status == 201 or answer.json()["code"] == "token_outlives"

    async def test_token_without_an_end_makes_tokens(self, client_as: ClientAs) -> None:
        made = await client_as("owner").post("/auth/tokens", json={"name": "endless"})
        endless = client_as(None)
        endless.headers["Authorization"] = f"Bearer {made.json()['token']}"
        assert (await endless.post("/auth/tokens", json={"name": "more"})).status_code == 201

    async def test_expired_token_is_nobody(
        self, client_as: ClientAs, database: Database, world: World
    ) -> None:
        await _expire(database, ApiToken)
        assert (await client_as("owner", via="token").get("/auth/me")).status_code == 401

    async def test_is_not_stored_in_clear(self, database: Database, world: World) -> None:
        async with database.reading() as db_session:
            hashes = (await db_session.scalars(select(ApiToken.token_hash))).all()
        assert token_hash(world.people["owner"].token) in hashes
        assert world.people["owner"].token not in hashes


class TestTokenForCredentials:
    async def test_command_line_signs_in_with_email_and_password(
        self, client_as: ClientAs, owner: User
    ) -> None:
        client = client_as(None)
        answer = await client.post(
            "/auth/token", json={"email": owner.email, "password": PASSWORD, "name": "laptop"}
        )
        assert answer.status_code == 201
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        assert (await client.get("/auth/me")).json()["user"] == answer.json()["user"]


class TestCliLogin:
    async def test_yes_in_the_browser_signs_the_command_line_in(self, client_as: ClientAs) -> None:
        terminal, browser = client_as(None), client_as("owner")
        started = (await terminal.post("/auth/cli-logins", json={"host_name": "laptop"})).json()
        assert started["url"] == f"http://localhost:8080/cli-login/{started['id']}"
        address = f"/auth/cli-logins/{started['id']}"
        secret = {"poll_secret": started["poll_secret"]}
        assert (await terminal.post(f"{address}/poll", json=secret)).json() == {"status": "pending"}
        seen = (await browser.get(address)).json()
        assert seen["code"] == started["code"]
        assert seen["host_name"] == "laptop"
        assert (await browser.post(f"{address}/approve")).status_code == 204
        approved = (await terminal.post(f"{address}/poll", json=secret)).json()
        assert approved["status"] == "approved"
        terminal.headers["Authorization"] = f"Bearer {approved['token']}"
        assert (await terminal.get("/auth/me")).json()["user"]["email"] == "owner@example.org"
        assert (await terminal.post(f"{address}/poll", json=secret)).status_code == 404

    async def test_wrong_secret_learns_nothing(self, client_as: ClientAs) -> None:
        terminal = client_as(None)
        started = (await terminal.post("/auth/cli-logins", json={})).json()
        await client_as("owner").post(f"/auth/cli-logins/{started['id']}/approve")
        answer = await terminal.post(
            f"/auth/cli-logins/{started['id']}/poll", json={"poll_secret": "guessed"}
        )
        assert answer.status_code == 404

    async def test_second_person_cannot_take_it_over(self, client_as: ClientAs) -> None:
        started = (await client_as(None).post("/auth/cli-logins", json={})).json()
        address = f"/auth/cli-logins/{started['id']}/approve"
        assert (await client_as("owner").post(address)).status_code == 204
        assert (await client_as("member").post(address)).status_code == 404

    async def test_after_ten_minutes_it_is_gone(self, client_as: ClientAs, database: Database) -> None:
        from capsule.models import CliLogin

        terminal = client_as(None)
        started = (await terminal.post("/auth/cli-logins", json={})).json()
        await _expire(database, CliLogin)
        answer = await terminal.post(
            f"/auth/cli-logins/{started['id']}/poll", json={"poll_secret": started["poll_secret"]}
        )
        assert answer.status_code == 410
        assert answer.json()["code"] == "login_expired"

    async def test_token_cannot_say_yes(self, client_as: ClientAs) -> None:
        started = (await client_as(None).post("/auth/cli-logins", json={})).json()
        answer = await client_as("owner", via="token").post(f"/auth/cli-logins/{started['id']}/approve")
        assert answer.json()["code"] == "browser_needed"


class TestCliFile:
    async def test_is_readable_by_its_user_only_and_keeps_a_working_token(
        self, database: Database, data: DataPaths, world: World, client_as: ClientAs
    ) -> None:
        owner = world.people["owner"].user
        first = await self._issue(database, data.cli_login, owner)
        assert data.cli_login.stat().st_mode & 0o777 == 0o600
        client = client_as(None)
        client.headers["Authorization"] = f"Bearer {first['token']}"
        assert (await client.get("/auth/me")).status_code == 200
        assert await self._issue(database, data.cli_login, owner) == first
        data.cli_login.write_text("not json")
        assert await self._issue(database, data.cli_login, owner) != first

    async def _issue(self, database: Database, file: Path, user: User) -> Any:
        import json

        await issue_cli_login(database, file, url="http://localhost:8080", user=user)
        return json.loads(file.read_text())


async def _expire(database: Database, table: Any) -> None:
    async with database.unit_of_work() as db_session:
        await db_session.execute(update(table).values(expires_at=now() - timedelta(seconds=1)))
