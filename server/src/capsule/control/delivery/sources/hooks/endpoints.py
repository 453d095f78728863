"""`/hooks/{capsule_id}`: where the hosts of repositories send their webhooks."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from capsule.api.access import public
from capsule.api.context import Context, CurrentContext
from capsule.control.delivery.sources.hooks.payloads import read_delivery
from capsule.control.delivery.sources.hooks.reaction import Reacting, refuse
from capsule.control.delivery.sources.hooks.signatures import is_signed, provider_of
from capsule.control.delivery.sources.previews.service import Previewing
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import SourceService
from capsule.control.shapes.base import Shape
from capsule.errors import Unauthenticated
from capsule.models import Capsule, SourceAccess

router = APIRouter(prefix="/hooks", tags=["sources"])

MOST_BYTES = 5 * 1024**2


class HookRefused(Unauthenticated):
    code, title = "hook_refused", "Webhook refused"


class HookAnswer(Shape):
    outcome: str
    detail: str


@router.post(
    "/{capsule_id}",
    status_code=202,
    max_body_size=MOST_BYTES,
    dependencies=[public("the host of the repository signs it with the capsule's secret")],
)
async def receive_hook(
    capsule_id: Annotated[str, Path(max_length=40)],
    context: CurrentContext,
    request: Request,
    response: Response,
) -> HookAnswer:
    """Take a webhook of GitHub, GitLab, Bitbucket, Gitea or Forgejo: a push or a pull request."""
    body = await request.body()
    access, secret = await _known(context, capsule_id)
    provider = provider_of(request.headers)
    if access is None or provider is None or not is_signed(provider, request.headers, body, secret):
        if access is not None:
            await _count_refusal(context, access)
        raise HookRefused(
            "The webhook's signature does not fit.",
            hint="Put the capsule's webhook secret into the repository's settings.",
        )
    delivery = read_delivery(provider, request.headers, body)
    async with context.database.unit_of_work() as db_session:
        current = await db_session.get_one(Capsule, access.capsule_id)
        kept = await SourceService(db_session, context.box).access_of(current)
        previews = Previewing(db_session, context.box, context.site, context.events)
        reaction = await Reacting(db_session, current, previews).react(kept, delivery)
    if reaction.outcome in ("answered", "ignored"):
        response.status_code = 200
    return HookAnswer(outcome=reaction.outcome, detail=reaction.sentence)


async def _known(context: Context, capsule_id: str) -> tuple[SourceAccess | None, str]:
    """Return the capsule's access and its secret; nothing for a capsule that takes no webhooks."""
    async with context.database.reading() as db_session:
        capsule = await db_session.get(Capsule, capsule_id)
        access = await SourceRepository(db_session).access_of(capsule_id)
        if capsule is None or capsule.removed_at is not None or access is None:
            return None, ""
        secret = SourceService(db_session, context.box).webhook_secret(access)
        return (access, secret) if secret else (None, "")


async def _count_refusal(context: Context, access: SourceAccess) -> None:
    async with context.database.unit_of_work() as db_session:
        if (kept := await db_session.get(SourceAccess, access.id)) is not None:
            refuse(kept)
