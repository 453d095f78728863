"""Declare the rule of a route. Every route has exactly one declaration, or the app refuses to start.

    @router.patch("/capsules/{capsule}")
    async def update_capsule(capsule: Annotated[Capsule, requires(Action.capsule_update)], …)

The record comes from the path (`{capsule}`), a JSON field (`field="space_id", kind="space"`) or a query
parameter (`query="space", kind="space"`); the last two may be optional and then give None. An action on
no record gives the Actor.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from capsule.api.auth import CurrentActor, GitActor
from capsule.api.context import CurrentContext
from capsule.api.resources import LOADERS, Resource, team_of
from capsule.api.uow import DbSession
from capsule.control.policy import Action, Actor, authorize
from capsule.errors import InvalidInput, NotFound


class Rule:
    """What a route demands; `Requirement` and `Public` are the two kinds."""


class Public(Rule):
    """Open to everybody, on purpose."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        return None


class Requirement(Rule):
    """The caller may do `action` on the record that the request names."""

    def __init__(
        self, action: Action, *, field: str | None, query: str | None, kind: str | None, optional: bool
    ) -> None:
        self.action = action
        self.field = field
        self.query = query
        self.kind = kind
        self.optional = optional

    async def __call__(
        self, request: Request, actor: CurrentActor, db_session: DbSession
    ) -> Resource | Actor | None:
        return await self.check(request, actor, db_session)

    async def check(
        self, request: Request, actor: Actor, db_session: AsyncSession
    ) -> Resource | Actor | None:
        named = await self._named(request)
        if named is None and self.optional:
            return None  # the endpoint takes the caller's own teams, or picks one and asks the policy itself
        if named is None:
            authorize(actor, self.action)
            return actor
        kind, reference = named
        missing = NotFound(f"There is no {kind.replace('_', ' ')} '{reference}'.", hint=_LISTING.get(kind))
        resource = await LOADERS[kind](db_session, actor, reference) if len(reference) <= 100 else None
        if resource is None:
            raise missing
        authorize(actor, self.action, team_id=team_of(resource), missing=missing)
        return resource

    async def _named(self, request: Request) -> tuple[str, str] | None:
        """Return which kind of record is meant and how the request names it."""
        if self.kind is None:
            kinds = [name for name in request.path_params if name in LOADERS]
            return (kinds[-1], str(request.path_params[kinds[-1]])) if kinds else None
        value = request.query_params.get(self.query) if self.query else await self._from_body(request)
        if isinstance(value, str) and value:
            return self.kind, value
        if self.optional and value in (None, ""):
            return None
        name = self.query or self.field
        raise InvalidInput(f"'{name}' is missing.", field=name)

    async def _from_body(self, request: Request) -> object:
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return None
        return body.get(self.field) if isinstance(body, dict) else None


class DetachedRequirement(Requirement):
    """The same check in a short session of its own, for routes that stream for long."""

    async def __call__(  # type: ignore[override]
        self, request: Request, actor: CurrentActor, context: CurrentContext
    ) -> Resource | Actor | None:
        async with context.database.reading() as db_session:
            return await self.check(request, actor, db_session)


class GitRequirement(DetachedRequirement):
    """The same check for a git client, which sends its token as a password."""

    async def __call__(  # type: ignore[override]
        self, request: Request, actor: GitActor, context: CurrentContext
    ) -> Resource | Actor | None:
        return await super().__call__(request, actor, context)


_LISTING = {
    "capsule": "capsule list",
    "space": "capsule space list",
    "app": "capsule list",
    "build": "capsule builds NAME",
    "release": "capsule releases NAME",
    "run": "capsule runs NAME",
    "cron_job": "capsule cron NAME",
}


def requires(
    action: Action,
    *,
    field: str | None = None,
    query: str | None = None,
    kind: str | None = None,
    optional: bool = False,
    detached: bool = False,
) -> Any:
    """Declare the rule of a route and hand the record it names to the parameter.

    `detached` holds no database session while the endpoint runs: for streamed bodies. The record is then
    read-only data.
    """
    if (field or query) and kind is None:
        raise ValueError("name the kind of record that the field or query parameter names")
    make = DetachedRequirement if detached else Requirement
    return Depends(make(action, field=field, query=query, kind=kind, optional=optional), scope="function")


def requires_of_git(action: Action) -> Any:
    """Declare the rule of a route that git clients call."""
    return Depends(GitRequirement(action, field=None, query=None, kind=None, optional=False))


def public(reason: str) -> Any:
    """Declare that anybody may call the route, and why."""
    return Depends(Public(reason))


class UndeclaredRoute(Exception):
    """A route without exactly one rule: a mistake of the programmer, found when the app is made."""


def rules(routes: Sequence[BaseRoute]) -> Iterator[tuple[Any, list[Rule]]]:
    """Yield every API route (with its full path and methods) and the rules it declares."""
    for context in iter_route_contexts(routes):
        if isinstance(context.original_route, APIRoute):
            yield context, list(_declared(_dependant(context)))


def check_routes(routes: Sequence[BaseRoute]) -> None:
    """Raise UndeclaredRoute unless every route declares exactly one rule that can work."""
    for route, declared in rules(routes):
        if len(declared) != 1:
            raise UndeclaredRoute(f"{route.path} declares {len(declared)} rules, not one")
        rule = declared[0]
        if isinstance(rule, Requirement) and rule.kind is not None and rule.kind not in LOADERS:
            raise UndeclaredRoute(f"{route.path} names a '{rule.kind}', which no loader finds")


def _dependant(route: Any) -> Dependant:
    dependant: Dependant = route.dependant
    return dependant


def _declared(dependant: Dependant) -> Iterator[Rule]:
    for dependency in dependant.dependencies:
        call: object = dependency.call
        if isinstance(call, Rule):
            yield call
        yield from _declared(dependency)
