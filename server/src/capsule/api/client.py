"""Name the client behind a request, for rate limits."""

from starlette.requests import Request


def client_of(request: Request) -> str:
    """Return the address that the edge saw.

    Only the edge and the same operating-system user reach the server's socket, so the last entry of
    X-Forwarded-For is the edge's own; earlier entries are whatever the client claims.
    """
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "local")
