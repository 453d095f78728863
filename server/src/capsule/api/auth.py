"""Find out who calls: from the login cookie or a bearer token."""

import base64
from typing import Annotated

from fastapi import Depends, Request

from capsule.api.context import CurrentContext
from capsule.control.identity import callers
from capsule.control.policy import Actor
from capsule.errors import Unauthenticated

LOGIN_COOKIE = "capsule_login"


async def optional_actor(request: Request, context: CurrentContext) -> Actor | None:
    """Return the caller, or None for missing, unknown and expired credentials."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return await callers.by_token(context.database, token.strip())
    cookie = request.cookies.get(LOGIN_COOKIE)
    if cookie:
        return await callers.by_login(context.database, cookie)
    return None


async def git_actor(request: Request, context: CurrentContext) -> Actor:
    """Return who pushes or clones: git sends a token as the password of any user name.

    A cookie does not count, nor does a password count anywhere else: a browser repeats both by itself.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = given.strip()
    if scheme.lower() == "basic":
        try:
            token = base64.b64decode(token, validate=True).decode().partition(":")[2]
        except ValueError:
            token = ""
    actor = await callers.by_token(context.database, token) if token else None
    if actor is None:
        raise Unauthenticated(
            "git needs an API token as the password.",
            hint="capsule git remote NAME",
            challenge='Basic realm="Capsule", charset="UTF-8"',
        )
    return actor


GitActor = Annotated[Actor, Depends(git_actor)]
OptionalActor = Annotated[Actor | None, Depends(optional_actor)]


async def current_actor(request: Request, actor: OptionalActor) -> Actor:
    if actor is not None:
        return actor
    if request.headers.get("authorization"):
        raise Unauthenticated("The token is unknown or has expired.", hint="capsule login")
    raise Unauthenticated("Nobody is signed in.", hint="capsule login")


CurrentActor = Annotated[Actor, Depends(current_actor)]
