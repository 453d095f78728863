"""Turn what goes wrong between a caller and the platform into one small family of exceptions.

    CapsuleError
    ├── ApiError       the server answered with a problem document
    ├── Unreachable    no answer at all
    ├── NotLoggedIn    nobody to call as
    └── InvalidInput   refused before anything was sent

Each carries `code` (what programs match), `detail`, `hint` and the exit code of the command line. All are
`RuntimeError`, which is what `Client` promises. Knows nothing of terminals or HTTP libraries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FAILURE, USAGE, TRY_AGAIN, NOT_ALLOWED, INTERRUPTED = 1, 2, 75, 77, 130

_EXIT_CODES = {
    400: USAGE,
    401: NOT_ALLOWED,
    403: NOT_ALLOWED,
    413: USAGE,
    422: USAGE,
    429: TRY_AGAIN,
    502: TRY_AGAIN,
    503: TRY_AGAIN,
    504: TRY_AGAIN,
}


class CapsuleError(RuntimeError):
    """An expected failure; `hint` is the next step."""

    code = "failed"
    exit_code = FAILURE

    def __init__(
        self,
        detail: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        exit_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.request_id = request_id
        if code is not None:
            self.code = code
        if exit_code is not None:
            self.exit_code = exit_code


class Unreachable(CapsuleError):
    """The server does not answer; the same call may work later."""

    code, exit_code = "unreachable", TRY_AGAIN


class NotLoggedIn(CapsuleError):
    code, exit_code = "not_logged_in", NOT_ALLOWED


class InvalidInput(CapsuleError):
    """Input that the caller can mend; nothing was sent."""

    code, exit_code = "invalid_input", USAGE


class ApiError(CapsuleError):
    """The server refused or failed; built from its `application/problem+json`."""

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        title: str = "",
        field: str | None = None,
        errors: tuple[tuple[str, str], ...] = (),
        hint: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        exit_code = _EXIT_CODES.get(status, FAILURE)
        super().__init__(detail, hint=hint, code=code, exit_code=exit_code, request_id=request_id)
        self.status = status
        self.title = title
        self.field = field
        self.errors = errors
        """(field, message) pairs of a payload refused field by field."""

    @classmethod
    def from_problem(
        cls, status: int, body: bytes | str, headers: Mapping[str, str] | None = None
    ) -> ApiError:
        """Build the error from an answer's status, body and (lower-case) headers.

        A body that is no problem document (a proxy's error page) still gives an error that names the status.
        """
        request_id = (headers or {}).get("x-request-id")
        problem = _parse(body)
        if problem is None:
            return cls(
                f"The server answered {status} without saying why.",
                status=status,
                code=f"http_{status}",
                request_id=request_id,
            )
        listed = problem.get("errors")
        errors = tuple(
            (str(item.get("field", "")), str(item.get("message", "")))
            for item in (listed if isinstance(listed, list) else [])
            if isinstance(item, dict)
        )
        return cls(
            str(problem.get("detail") or problem.get("title") or f"The server answered {status}."),
            status=status,
            title=str(problem.get("title") or ""),
            field=_text(problem.get("field")),
            errors=errors,
            hint=_text(problem.get("hint")),
            code=str(problem.get("code") or f"http_{status}"),
            request_id=_text(problem.get("request_id")) or request_id,
        )


def _parse(body: bytes | str) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and ("code" in found or "detail" in found) else None


def _text(value: object) -> str | None:
    return str(value) if value else None
