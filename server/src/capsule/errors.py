"""The one hierarchy of expected failures. Bugs stay ordinary exceptions and become a 500 with an id.

    PlatformError
    ├── NotFound
    ├── Conflict
    ├── Unauthenticated
    ├── Forbidden
    ├── InvalidInput
    ├── TooLarge
    └── Unavailable

A domain subclasses one of these beside its service and changes `code`; clients, tests and docs match
the code, never the text. `api/problem.py` renders it for HTTP, `cpsl.cli` for the terminal.
"""

from typing import ClassVar


class PlatformError(Exception):
    """Something expected went wrong; `detail` names the object, `hint` is the next step."""

    code: ClassVar[str] = "platform_error"
    title: ClassVar[str] = "Platform error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, hint: str | None = None, **context: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.context = context


class NotFound(PlatformError):
    code, title, status = "not_found", "Not found", 404


class Conflict(PlatformError):
    code, title, status = "conflict", "Conflict", 409


class Unauthenticated(PlatformError):
    code, title, status, exit_code = "unauthenticated", "Sign in first", 401, 77


class Forbidden(PlatformError):
    code, title, status, exit_code = "forbidden", "Forbidden", 403, 77


class InvalidInput(PlatformError):
    """Input the caller can mend. `field` (in the context) names it for forms."""

    code, title, status, exit_code = "invalid_input", "Invalid input", 422, 2


class TooLarge(InvalidInput):
    code, title, status = "too_large", "Too large", 413


class Unavailable(PlatformError):
    code, title, status, exit_code, retryable = "unavailable", "Unavailable", 503, 75, True
