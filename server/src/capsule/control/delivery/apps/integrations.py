"""`/app/{app}/integrations`: what an app declares about other services, and what is missing for it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from capsule.api.access import requires
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.policy import Action
from capsule.control.shapes.base import Shape
from capsule.control.workload.capsules.service import ensure_type
from capsule.models import Capsule, Release, Secret

router = APIRouter(tags=["apps"])

CALLBACK_PATH = "/api/connections/callback"
SIGN_IN_CALLBACK_PATH = "/api/account/oidc/callback"
_CREDENTIALS = ("client_id_secret", "client_secret_secret")
_LOOKS_LIKE_A_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,199}")


class CredentialShape(Shape):
    what: Literal["client_id", "client_secret"]
    name: str = Field(description="The secret that is meant; empty when the value stands in the app itself.")
    state: Literal["found", "missing", "literal"]


class IntegrationShape(Shape):
    type: str
    mode: str = Field(description="`oauth`, `secret` (each user fills in `fields`) or another.")
    scopes: list[str]
    fields: list[str]
    credentials: list[CredentialShape]


class IntegrationsShape(Shape):
    callback_url: str = Field(description="The redirect address to register at OAuth providers.")
    sign_in_callback_url: str = Field(description="The one for OpenID providers of `config.access`.")
    items: list[IntegrationShape] = Field(description="Of the release that is live.")


@router.get("/app/{app}/integrations")
async def list_integrations(
    app: Annotated[Capsule, requires(Action.capsule_read)], db_session: DbSession, context: CurrentContext
) -> IntegrationsShape:
    """List the integrations that the live release declares; values of secrets are never among it."""
    ensure_type(app, "app")
    release = None if app.release_id is None else await db_session.get(Release, app.release_id)
    declared = [] if release is None else _declared(release.manifest or {})
    known = set(await db_session.scalars(select(Secret.name).where(Secret.space_id == app.space_id)))
    address = context.site.url(context.site.host(app.slug)).rstrip("/")
    return IntegrationsShape(
        callback_url=address + CALLBACK_PATH,
        sign_in_callback_url=address + SIGN_IN_CALLBACK_PATH,
        items=[_shape(entry, known) for entry in declared],
    )


def _declared(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = manifest.get("integrations")
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _shape(entry: Mapping[str, Any], known: set[str]) -> IntegrationShape:
    return IntegrationShape(
        type=str(entry.get("type", "")),
        mode=str(entry.get("mode", "")),
        scopes=_texts(entry.get("scopes")),
        fields=_texts(entry.get("fields")),
        credentials=[_credential(key, str(entry[key]), known) for key in _CREDENTIALS if entry.get(key)],
    )


def _credential(key: str, name: str, known: set[str]) -> CredentialShape:
    """A text that is no secret's name is meant literally, and then it is nobody's to read."""
    what: Literal["client_id", "client_secret"] = "client_id" if key == _CREDENTIALS[0] else "client_secret"
    if name in known:
        return CredentialShape(what=what, name=name, state="found")
    if _LOOKS_LIKE_A_NAME.fullmatch(name):
        return CredentialShape(what=what, name=name, state="missing")
    return CredentialShape(what=what, name="", state="literal")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
