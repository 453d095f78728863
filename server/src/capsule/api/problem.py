"""Turn every failure into `application/problem+json`, with the id that the log line carries too."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from capsule.errors import Conflict, InvalidInput, NotFound, PlatformError, TooLarge, Unavailable

log = logging.getLogger(__name__)


_OWN_CHECK = "Value error, "
"""What pydantic puts before the words of our own checks."""


class UnexpectedFailure(PlatformError):
    """A bug. The log has the story under the request id; the caller gets only the id."""

    code, title, status = "unexpected_failure", "Something went wrong", 500


class MethodNotAllowed(PlatformError):
    code, title, status = "method_not_allowed", "Method not allowed", 405


class BadRequest(PlatformError):
    code, title, status = "bad_request", "Bad request", 400


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(error: PlatformError, request_id: str) -> ProblemResponse:
    """Render one expected failure."""
    body: dict[str, Any] = {
        "type": f"/errors/{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id,
    }
    if error.hint:
        body["hint"] = error.hint
    body.update({key: error.context[key] for key in ("field", "errors") if key in error.context})
    headers = {
        name: str(error.context[key])
        for key, name in (("retry_after", "Retry-After"), ("challenge", "WWW-Authenticate"))
        if key in error.context
    }
    return ProblemResponse(body, status_code=error.status, headers=headers)


def git_problem(error: PlatformError, request_id: str) -> PlainTextResponse:
    """Render the failure in the one form that git clients show to people."""
    text = f"{error.detail}\n" + (f"Hint: {error.hint}\n" if error.hint else "")
    headers = problem(error, request_id).headers
    kept = {name: headers[name] for name in ("retry-after", "www-authenticate") if name in headers}
    return PlainTextResponse(text, status_code=error.status, headers=kept)


def request_id_of(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def install(app: FastAPI) -> None:
    """Make `app` answer every kind of failure this way (bugs: see `middleware.Bugs`)."""

    async def expected(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/git/"):
            return git_problem(translate(error), request_id_of(request))
        return problem(translate(error), request_id_of(request))

    for kind in (PlatformError, RequestValidationError, HTTPException, IntegrityError, OperationalError):
        app.add_exception_handler(kind, expected)


def translate(error: Exception) -> PlatformError:
    """Return the platform's word for a failure of the web framework or of the database."""
    match error:
        case PlatformError():
            return error
        case RequestValidationError():
            return _malformed(error)
        case HTTPException(status_code=404):
            return NotFound("There is nothing at this address.")
        case HTTPException(status_code=405):
            return MethodNotAllowed("This address does not take that method.")
        case HTTPException(status_code=413):
            return TooLarge("The request is larger than this address takes.")
        case HTTPException():
            return BadRequest(str(error.detail))
        case IntegrityError():
            log.warning("conflicting change: %s", error.orig)
            return ChangedMeanwhile("Somebody changed the same thing at the same moment.", hint="Try again.")
        case OperationalError():
            log.error("database: %s", error.orig)
            return Unavailable("The database is busy.", hint="Try again in a moment.")
        case _:
            return UnexpectedFailure("The server made a mistake; its log has the details.")


def _malformed(error: RequestValidationError) -> InvalidInput:
    errors = [
        {"field": _field(item["loc"]), "message": item["msg"].removeprefix(_OWN_CHECK)}
        for item in error.errors()
    ]
    first = errors[0]
    where = f"'{first['field']}': " if first["field"] else ""
    return InvalidInput(f"{where}{first['message']}", field=first["field"], errors=errors)


def _field(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location[1:]] if location[0] in ("body", "query", "path") else location
    return ".".join(str(part) for part in parts)
