"""Signatures as the hosts document them."""

import base64
import hashlib
import hmac
import time

from capsule.control.delivery.sources.hooks.signatures import is_signed, new_secret, provider_of


def test_github_s_documented_example() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    secret = "It's a Secret to Everybody"
    assert is_signed("github", {"x-hub-signature-256": signature}, b"Hello, World!", secret)
    assert not is_signed("github", {"x-hub-signature-256": signature}, b"Hello, World?", secret)
    assert not is_signed("github", {}, b"Hello, World!", secret)


def test_standard_webhooks_are_bound_to_id_and_time() -> None:
    secret, body = new_secret(), b"{}"
    key = base64.b64decode(secret.removeprefix("whsec_"))

    def headers(at: float, message_id: str = "msg_1") -> dict[str, str]:
        stamp = str(int(at))
        signed = hmac.new(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,AAAA v1,{base64.b64encode(signed).decode()}",
        }

    assert is_signed("gitlab", headers(time.time()), body, secret)
    assert not is_signed("gitlab", headers(time.time(), "msg_2"), body, secret)
    assert not is_signed("gitlab", headers(time.time() - 3600), body, secret)
    assert not is_signed("gitlab", headers(time.time()) | {"webhook-timestamp": "soon"}, body, secret)


def test_signature_is_not_replaced_by_a_token() -> None:
    given = {"x-gitlab-token": "secret", "webhook-signature": "v1,AAAA", "webhook-timestamp": "1"}
    assert not is_signed("gitlab", given, b"{}", "secret")


def test_hosts_are_told_apart() -> None:
    assert provider_of({"x-gitea-event": "push", "x-github-event": "push"}) == "gitea"
    assert provider_of({"x-forgejo-event": "push"}) == "gitea"
    assert provider_of({"x-github-event": "push"}) == "github"
    assert provider_of({"x-gitlab-event": "Push Hook"}) == "gitlab"
    assert provider_of({"x-event-key": "repo:push"}) == "bitbucket"
    assert provider_of({}) is None
