"""`/git/{capsule}.git`: git's smart HTTP protocol, for `git push capsule main` and `git clone`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from capsule.api.access import requires_of_git
from capsule.api.auth import GitActor
from capsule.api.context import Context, CurrentContext
from capsule.build.sources.pushed import PushRepository, write_hooks
from capsule.control.delivery.sources.push.backend import GitAnswer
from capsule.control.delivery.sources.push.decision import (
    PushDecision,
    PushPlace,
    check_pushable,
    deployed_branch,
)
from capsule.control.policy import Action, authorize
from capsule.errors import InvalidInput, NotFound, TooLarge
from capsule.models import Capsule

router = APIRouter(prefix="/git", tags=["git"], include_in_schema=False)

_MOST_ASKED_BYTES = 16 * 1024**2
"""Of a fetch: what the client has and wants."""
_ANY_BYTES = 2**60
"""The budget of the repository is checked while the body comes in."""
_RECEIVE, _UPLOAD = "git-receive-pack", "git-upload-pack"


@router.get("/{capsule}.git/info/refs")
async def advertise(
    capsule: Annotated[Capsule, requires_of_git(Action.capsule_read)],
    actor: GitActor,
    context: CurrentContext,
    request: Request,
    service: Annotated[str, Query()] = "",
) -> Response:
    """Tell which branches there are; the first half of every push, fetch and clone."""
    if service == _RECEIVE:
        authorize(actor, Action.capsule_deploy, team_id=capsule.team_id)
        check_pushable(capsule)
    elif service != _UPLOAD:
        raise NotFound("Only git's smart protocol is spoken here.")
    repository = await _repository(context, capsule)
    if service == _RECEIVE:
        await _left(repository)
    return _answer(context, request, repository, f"/info/refs?service={service}")


@router.post("/{capsule}.git/git-upload-pack", max_body_size=_MOST_ASKED_BYTES)
async def fetch(
    capsule: Annotated[Capsule, requires_of_git(Action.capsule_read)],
    context: CurrentContext,
    request: Request,
) -> Response:
    """Send what a fetch or clone wants."""
    return _answer(context, request, await _repository(context, capsule), f"/{_UPLOAD}")


@router.post("/{capsule}.git/git-receive-pack", max_body_size=_ANY_BYTES)
async def push(
    capsule: Annotated[Capsule, requires_of_git(Action.capsule_deploy)],
    actor: GitActor,
    context: CurrentContext,
    request: Request,
) -> Response:
    """Take a push; the answer is the build's output as it comes, and whether the branch has moved."""
    check_pushable(capsule)
    repository = await _repository(context, capsule)
    place = PushPlace(
        context.database, context.paths, context.changes, context.events, context.site, context.box
    )
    decision = PushDecision(place, repository, capsule, deployed_branch(capsule), actor)
    left = await _left(repository)
    return _answer(context, request, repository, f"/{_RECEIVE}", decision=decision, most_bytes=left)


async def _repository(context: Context, capsule: Capsule) -> PushRepository:
    repository = PushRepository(context.paths.pushed(capsule.id), context.git.limits)
    await repository.prepare(deployed_branch(capsule))
    return repository


async def _left(repository: PushRepository) -> int:
    """Return the bytes that may still be pushed."""
    left = repository.limits.repository_bytes - await repository.size()
    if left <= 0:
        raise TooLarge(_full(repository), hint="Remove branches that are not needed, or begin a new history.")
    return left


def _full(repository: PushRepository) -> str:
    most = repository.limits.repository_bytes / 1024**2
    return f"The repository would have more than {most:.0f} MiB, which is all it may have. Nothing was kept."


def _answer(
    context: Context,
    request: Request,
    repository: PushRepository,
    path: str,
    *,
    decision: PushDecision | None = None,
    most_bytes: int = _MOST_ASKED_BYTES,
) -> Response:
    wanted = f"application/x-{path.strip('/')}-request"
    if request.method == "POST" and request.headers.get("content-type") != wanted:
        raise InvalidInput(f"The body must be of the type {wanted}.")
    path, _, query = path.partition("?")
    # No CONTENT_LENGTH: git then reads to the end of its input, and an early end is no sudden death, after
    # which the quarantine would be left.
    hooks = write_hooks(context.paths.git_hooks)
    env = repository.environment(hooks, most_bytes=most_bytes) | {
        "GIT_PROJECT_ROOT": str(repository.folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.folder.name}{path}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": query,
        "REMOTE_USER": "capsule",
        "REMOTE_ADDR": "",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", "")[:100],
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
    }
    return GitAnswer(
        env,
        most_bytes=most_bytes,
        too_large=_full(repository),
        decide=decision.decide if decision else None,
        stored=decision.stored if decision else None,
    )
