"""What every route shares: problems, request ids, origins, sizes, and when the unit of work commits."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_records import ORIGIN, World
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from capsule.api.access import public
from capsule.api.app import create_app
from capsule.api.context import Context
from capsule.api.routers import ROUTERS
from capsule.api.uow import DbSession
from capsule.db import Database
from capsule.kit.ids import new_id
from capsule.models import Space, Team

router = APIRouter(dependencies=[public("for tests")])


@router.post("/bug")
async def bug(db_session: DbSession) -> None:
    db_session.add(Team(id="team_bug", name="x", slug="x"))
    await db_session.flush()
    raise ZeroDivisionError("secret detail")


@router.post("/two-owners")
async def fails_at_commit(db_session: DbSession, taken: str) -> dict[str, str]:
    db_session.add(Team(id=new_id("team"), name="x", slug=taken))
    return {"status": "made"}


@router.post("/make")
async def make(db_session: DbSession) -> dict[str, str]:
    db_session.add(Team(id="team_made", name="x", slug="made"))
    return {"status": "made"}


@router.get("/stream")
async def stream(db_session: DbSession) -> StreamingResponse:
    async def body() -> AsyncIterator[str]:
        # Everything of the session's is over before the first byte goes out.
        yield f"in transaction: {db_session.in_transaction()}"

    await db_session.scalar(select(Space.id))
    return StreamingResponse(body())


@pytest.fixture
async def client(context: Context, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The app with the routes above, and a console with an index page and one asset."""
    console = tmp_path / "console"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text("<!doctype html><title>console</title>")
    (console / "assets" / "index-abc.js").write_text("1")
    app = create_app(replace(context, console=console), routers=(*ROUTERS, router))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN) as client:
        yield client


class TestProblems:
    async def test_bug_is_a_500_that_tells_only_its_id(
        self, client: httpx2.AsyncClient, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR):
            answer = await client.post("/api/v1/bug")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] == "unexpected_failure"
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert "secret detail" not in answer.text
        assert problem["request_id"] in caplog.text
        assert "secret detail" in caplog.text
        async with database.reading() as db_session:
            assert await db_session.get(Team, "team_bug") is None

    async def test_unknown_address_and_method(self, client: httpx2.AsyncClient) -> None:
        missing = await client.get("/api/v1/nothing")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        wrong = await client.post("/health")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")

    async def test_broken_json_is_told(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(
            "/api/v1/auth/login", content=b"{", headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")

    async def test_large_json_is_refused(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post("/api/v1/auth/login", json={"email": "x" * 2_000_000, "password": "x"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


class TestUnitOfWork:
    async def test_is_committed_when_the_answer_is_there(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        assert (await client.post("/api/v1/make")).status_code == 200
        async with database.reading() as db_session:
            assert await db_session.get(Team, "team_made") is not None

    async def test_failed_commit_is_never_a_success(self, client: httpx2.AsyncClient, world: World) -> None:
        answer = await client.post("/api/v1/two-owners", params={"taken": world.team.slug})
        assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")

    async def test_stream_holds_no_session(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/api/v1/stream")).text == "in transaction: False"


class TestOrigin:
    @pytest.mark.parametrize("origin", ["http://evil.example", "http://shop.localhost:8080", "null"])
    async def test_foreign_page_is_refused(self, client: httpx2.AsyncClient, origin: str) -> None:
        answer = await client.post("/api/v1/make", headers={"Origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")

    async def test_browser_that_hides_its_origin_is_judged_by_its_other_header(
        self, client: httpx2.AsyncClient
    ) -> None:
        answer = await client.post("/api/v1/make", headers={"Sec-Fetch-Site": "same-site"})
        assert answer.status_code == 403

    @pytest.mark.parametrize("site", ["same-site", "cross-site"])
    async def test_page_of_a_capsule_cannot_read_the_api_either(
        self, client: httpx2.AsyncClient, site: str
    ) -> None:
        answer = await client.get("/api/v1/stream", headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        for headers in ({"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": site, "Authorization": "Bearer x"}):
            assert (await client.get("/api/v1/stream", headers=headers)).status_code == 200

    async def test_own_page_program_and_token_are_let_in(self, client: httpx2.AsyncClient) -> None:
        for headers in (
            {"Origin": ORIGIN},
            {},
            {"Origin": "http://evil.example", "Authorization": "Bearer x"},
        ):
            assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204


class TestConsole:
    async def test_every_page_address_gets_the_index_page(self, client: httpx2.AsyncClient) -> None:
        for path in ("/", "/spaces/main", "/cli-login/cli_1"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert "console" in answer.text
            assert answer.headers["cache-control"] == "no-cache"
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_only_the_page_that_registers_at_github_posts_forms_elsewhere(
        self, client: httpx2.AsyncClient
    ) -> None:
        for path in ("/", "/git/return", "/system"):
            assert (await client.get(path)).headers["content-security-policy"].endswith("form-action 'self'")
        page = await client.get("/git/register")
        assert page.headers["content-security-policy"].endswith("form-action 'self' https: http:")

    async def test_assets_are_kept_for_ever_and_missing_ones_are_a_404(
        self, client: httpx2.AsyncClient
    ) -> None:
        asset = await client.get("/assets/index-abc.js")
        assert "immutable" in asset.headers["cache-control"]
        missing = await client.get("/assets/index-old.js")
        assert missing.status_code == 404
        assert "immutable" not in missing.headers.get("cache-control", "")

    @pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"])
    async def test_nothing_outside_its_folder(
        self, client: httpx2.AsyncClient, tmp_path: Path, path: str
    ) -> None:
        (tmp_path / "secret").write_text("secret")
        assert "secret" not in (await client.get(path)).text

    async def test_not_built_says_how(self, context: Context) -> None:
        app = create_app(context)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN) as client:
            answer = await client.get("/")
        assert answer.status_code == 503
        assert "make setup" in answer.text


class TestSystem:
    async def test_names_processes_engine_and_machine(self, context: Context, world: World) -> None:
        async def processes() -> dict[str, dict[str, Any]]:
            return {"node": {"pid": 7, "health": "healthy"}}

        def doctor() -> list[dict[str, Any]]:
            return [{"part": "git", "found": True, "version": "2", "enables": "builds", "hint": ""}]

        app = create_app(replace(context, processes=processes, doctor=doctor))
        headers = {"Authorization": f"Bearer {world.people['member'].token}"}
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=ORIGIN, headers=headers
        ) as client:
            system = (await client.get("/api/v1/system")).json()
        assert system["processes"]["node"] == {"pid": 7, "health": "healthy"}
        assert system["processes"]["server"]["health"] == "healthy"
        assert system["engine"]["name"] == "fake"
        assert system["doctor"][0]["part"] == "git"

    async def test_openapi_is_there(self, client: httpx2.AsyncClient) -> None:
        paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
        assert "/api/v1/capsules/{capsule}" in paths
