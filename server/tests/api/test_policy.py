"""Every route × every role × own and foreign team, generated from the routes of the app.

A route added later is covered without a change here. Only a new path parameter that names a team's record
needs a factory in `api_records.FACTORIES`.
"""

import asyncio
import re
from typing import Any

import pytest
from api_records import FACTORIES, ORIGIN, Person, World
from fastapi import FastAPI

from capsule.api.access import Public, Requirement, Rule, UndeclaredRoute, check_routes, requires, rules
from capsule.api.auth import LOGIN_COOKIE
from capsule.api.resources import LOADERS
from capsule.api.routers import ROUTERS
from capsule.control.policy import BROWSER_ONLY, RULES, Action, Role
from capsule.db import Database

Route = tuple[str, str, Rule]

REFUSED = (401, 403, 404)
CALLERS: dict[str, tuple[str | None, str, frozenset[Role]]] = {
    "anonymous": (None, "login", frozenset({Role.anonymous})),
    "owner": ("owner", "login", frozenset({Role.user, Role.owner})),
    "member": ("member", "login", frozenset({Role.user, Role.member})),
    "admin": ("admin", "login", frozenset({Role.user, Role.admin})),
    "owner's token": ("owner", "token", frozenset({Role.user, Role.owner})),
    "member's token": ("member", "token", frozenset({Role.user, Role.member})),
}
MEMBERS = {"owner", "member", "owner's token", "member's token"}


def _routes() -> list[Route]:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    return [
        (method, route.path, declared[0])
        for route, declared in rules(app.routes)
        for method in sorted(route.methods - {"HEAD"})
    ]


ROUTES = _routes()


def _kind(path: str, rule: Requirement) -> str | None:
    named = [name for name in re.findall(r"{(\w+)", path) if name in LOADERS]
    return rule.kind or (named[-1] if named else None)


async def _status(app: FastAPI, method: str, path: str, person: Person | None, via: str, body: bytes) -> int:
    """Return the status, and leave as soon as it is known: some answers never end."""
    path, _, query = path.partition("?")
    headers = [
        (b"host", b"localhost:8080"),
        (b"origin", ORIGIN.encode()),
        (b"content-type", b"application/json"),
    ]
    if person is not None and via == "login":
        headers.append((b"cookie", f"{LOGIN_COOKIE}={person.cookie}".encode()))
    elif person is not None:
        headers.append((b"authorization", f"Bearer {person.token}".encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "server": ("localhost", 8080),
        "client": ("127.0.0.1", 1),
    }
    status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not status.done():
            status.set_result(message["status"])

    call = asyncio.create_task(app(scope, receive, send))
    known: set[asyncio.Future[Any]] = {call, status}
    await asyncio.wait(known, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    if not call.done():
        # A stream goes on; anything else is about to finish its unit of work.
        await asyncio.wait({call}, timeout=0.05)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    return status.result()


async def _ask(
    app: FastAPI,
    database: Database,
    world: World,
    route: Route,
    caller: str,
    *,
    foreign: bool,
) -> int:
    """Call the route as `caller` on a fresh record of our team or of the foreign one."""
    method, template, rule = route
    role, via, _ = CALLERS[caller]
    path, body = template, b""
    if isinstance(rule, Requirement) and (kind := _kind(template, rule)) is not None:
        async with database.unit_of_work() as db_session:
            space = world.foreign_space if foreign else world.space
            record = await FACTORIES[kind](db_session, await db_session.merge(space))
            reference = record.id
        if rule.field:
            body = f'{{"{rule.field}": "{reference}"}}'.encode()
        elif rule.query:
            path = f"{template}?{rule.query}={reference}"
        else:
            path = re.sub(rf"{{{kind}(:\w+)?}}", reference, template)
    path = re.sub(r"{\w+(:\w+)?}", "absent", path)
    return await _status(app, method, path, world.people[role] if role else None, via, body)


def _expected(rule: Requirement, kind: str | None, caller: str, *, foreign: bool) -> int | None:
    """Return the refusal that the table demands, or None where the call must get through."""
    role, via, roles = CALLERS[caller]
    if role is None:
        return 401
    if kind is not None and (foreign or caller not in MEMBERS):
        return 404
    allowed = RULES[rule.action] & (roles if kind is not None else roles - {Role.owner, Role.member})
    if not allowed or (rule.action in BROWSER_ONLY and via == "token"):
        return 403
    return None


@pytest.mark.parametrize("route", ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
async def test_route_follows_the_table(app: FastAPI, database: Database, world: World, route: Route) -> None:
    _, template, rule = route
    if isinstance(rule, Public):
        assert rule.reason
        return
    assert isinstance(rule, Requirement)
    kind = _kind(template, rule)
    wrong = []
    for caller in CALLERS:
        for foreign in (False, True) if kind else (False,):
            expected = _expected(rule, kind, caller, foreign=foreign)
            status = await _ask(app, database, world, route, caller, foreign=foreign)
            got_through = status not in REFUSED or (status == 404 and _has_other_names(template, kind))
            if status != expected and not (expected is None and got_through):
                wrong.append(f"{caller}, {'foreign' if foreign else 'own'} team: {status}, not {expected}")
    assert not wrong


def _has_other_names(template: str, kind: str | None) -> bool:
    """Whether a 404 may be about something below the record, such as a secret's name."""
    return any(name != kind for name in re.findall(r"{(\w+)", template)) or template.endswith("/content")


def test_every_record_in_a_path_has_a_loader_and_a_factory() -> None:
    assert set(FACTORIES) == set(LOADERS)


def test_every_team_route_is_seen_by_this_test() -> None:
    assert any(path == "/api/v1/capsules/{capsule}" for _, path, _ in ROUTES)
    assert len(ROUTES) > 30


def test_route_without_a_rule_is_refused() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/open")
    async def forgotten() -> None: ...

    with pytest.raises(UndeclaredRoute, match="/open declares 0 rules"):
        check_routes(app.routes)


def test_route_with_two_rules_is_refused() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/two", dependencies=[requires(Action.team_list), requires(Action.space_list)])
    async def undecided() -> None: ...

    with pytest.raises(UndeclaredRoute, match="/two declares 2 rules"):
        check_routes(app.routes)


async def test_foreign_record_looks_exactly_like_a_missing_one(client_as: Any, world: World) -> None:
    client = client_as("owner")
    foreign = await client.get(f"/spaces/{world.foreign_space.id}")
    missing = await client.get("/spaces/spc_000000000000")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["detail"].replace(world.foreign_space.id, "") == missing.json()["detail"].replace(
        "spc_000000000000", ""
    )
