"""What of a request reaches the port, and what of its answer reaches the browser."""

from collections.abc import Iterable

from capsule.apps.preview.address import PreviewAddress

Headers = list[tuple[bytes, bytes]]

SANDBOX = b"sandbox allow-scripts allow-forms allow-popups allow-modals"

ALWAYS: Headers = [
    (b"content-security-policy", SANDBOX),
    # Not to other hosts: the address is all that it takes to see the preview.
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    # In the sandbox every request is one of a foreign origin.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
]

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_NOT_SENT = _HOP_BY_HOP | {
    b"accept-encoding",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"origin",
    b"referer",
    b"via",
}
_PREFIXES_NOT_SENT = (b"x-capsule-", b"x-forwarded-", b"sec-fetch-", b"sec-websocket-")
_NOT_RETURNED = (
    _HOP_BY_HOP
    | {name for name, _ in ALWAYS if name != b"content-security-policy"}
    | {
        # What would act on the whole host of the app, or keep the preview out of the chat.
        b"alt-svc",
        b"clear-site-data",
        b"cross-origin-embedder-policy",
        b"cross-origin-opener-policy",
        b"cross-origin-resource-policy",
        b"nel",
        b"origin-agent-cluster",
        b"report-to",
        b"reporting-endpoints",
        b"service-worker-allowed",
        b"set-cookie",
        b"strict-transport-security",
        b"www-authenticate",
        b"x-frame-options",
    }
)
_PREFIXES_NOT_RETURNED = (b"x-capsule-", b"x-accel-", b"access-control-")


def to_port(headers: Iterable[tuple[bytes, bytes]], address: PreviewAddress) -> Headers:
    """Return what the port is told: it is spoken to as from its own machine, and not told who asks."""
    given = list(headers)
    dropped = _NOT_SENT | _named_by_connection(given)
    own = f"localhost:{address.port}".encode()
    kept = [
        (name, value)
        for name, value in given
        if name not in dropped and not name.startswith(_PREFIXES_NOT_SENT)
    ]
    found = [(b"host", own), *kept, (b"accept-encoding", b"identity")]
    found.append((b"x-forwarded-prefix", address.prefix.encode()))
    names = {name for name, _ in given}
    if b"origin" in names:
        found.append((b"origin", b"http://" + own))
    if b"transfer-encoding" in names and b"content-length" not in names:
        found.append((b"transfer-encoding", b"chunked"))
    return found


def has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in headers)


def to_browser(headers: Iterable[tuple[bytes, bytes]], address: PreviewAddress) -> Headers:
    given = [(name.lower(), value) for name, value in headers]
    dropped = _NOT_RETURNED | _named_by_connection(given)
    found: Headers = []
    for name, value in given:
        if name in dropped or name.startswith(_PREFIXES_NOT_RETURNED):
            continue
        if name == b"location":
            value = address.inside(value.decode("latin-1")).encode("latin-1")
        elif name.startswith(b"content-security-policy"):
            value = _without_frame_ancestors(value)
        if value or not name.startswith(b"content-security-policy"):
            found.append((name, value))
    return [*found, *ALWAYS]


def _named_by_connection(headers: Headers) -> set[bytes]:
    return {
        part.strip().lower() for name, value in headers if name == b"connection" for part in value.split(b",")
    }


def _without_frame_ancestors(policy: bytes) -> bytes:
    """The page does not know of the chat that shows it."""
    kept = [part for part in policy.split(b";") if not part.strip().lower().startswith(b"frame-ancestors")]
    return b";".join(kept).strip()
