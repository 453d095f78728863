"""Say that the server answers. For start-up scripts and probes."""

from fastapi import APIRouter

from capsule.api.access import public
from capsule.api.context import CurrentContext

router = APIRouter(tags=["system"])


@router.get("/health", dependencies=[public("probes have no credentials")])
async def health(context: CurrentContext) -> dict[str, str]:
    return {"status": "ok", "version": context.version}
