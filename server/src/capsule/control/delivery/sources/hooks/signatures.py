"""Find out which host sent a webhook, and whether it knows the secret. Compares in constant time."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping

_PREFIX = "whsec_"
_OLDEST_SECONDS = 300.0


def new_secret() -> str:
    """Return a secret in the form of the Standard Webhooks, which the other hosts take as any text."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def provider_of(headers: Mapping[str, str]) -> str | None:
    """Return `github`, `gitlab`, `bitbucket` or `gitea`; Gitea also sends what GitHub sends."""
    if "x-gitea-event" in headers or "x-forgejo-event" in headers:
        return "gitea"
    if "x-gitlab-event" in headers:
        return "gitlab"
    if "x-github-event" in headers:
        return "github"
    return "bitbucket" if "x-event-key" in headers else None


def is_signed(provider: str, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether the sender knows `secret`."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if provider == "github":
        return _same(headers.get("x-hub-signature-256", ""), f"sha256={expected}")
    if provider == "bitbucket":
        return _same(headers.get("x-hub-signature", ""), f"sha256={expected}")
    if provider == "gitea":
        given = headers.get("x-gitea-signature") or headers.get("x-forgejo-signature") or ""
        return _same(given, expected)
    if "webhook-signature" in headers:
        return _is_standard(headers, body, secret)
    return _same(headers.get("x-gitlab-token", ""), secret)


def _is_standard(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Check the signature of the Standard Webhooks: of id, time and body."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > _OLDEST_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any([_same(signature, f"v1,{expected}") for signature in given])


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
