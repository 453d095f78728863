"""Read the documented payloads of the git hosts. What is malformed raises MalformedHook, never a bug."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from capsule.control.delivery.sources.hooks.delivery import Delivery, Event, PullRequest, Push
from capsule.errors import InvalidInput

_HEADS = "refs/heads/"
_MOST_COMMITS = {"github": 2048, "gitlab": 20, "gitea": 30}
"""Hosts leave out what is above; then not all changed paths are known."""


class MalformedHook(InvalidInput):
    code, title = "malformed_hook", "Malformed webhook"


def read_delivery(provider: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """Return what the host tells. Raises MalformedHook."""
    try:
        payload = _parse(headers, body)
        return _READERS[provider](headers, payload)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as exc:
        raise MalformedHook(f"The webhook is not one of {provider}'s: {type(exc).__name__}.") from exc


def _parse(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = parse_qs(body.decode())["payload"][0].encode()
    payload = json.loads(body)
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return payload


def _github(headers: Mapping[str, str], payload: dict[str, Any]) -> Delivery:
    return _like_github("github", headers["x-github-event"], headers.get("x-github-delivery", ""), payload)


def _gitea(headers: Mapping[str, str], payload: dict[str, Any]) -> Delivery:
    event = headers.get("x-gitea-event") or headers["x-forgejo-event"]
    delivery_id = headers.get("x-gitea-delivery") or headers.get("x-forgejo-delivery", "")
    return _like_github("gitea", event, delivery_id, payload)


def _like_github(provider: str, event: str, delivery_id: str, payload: dict[str, Any]) -> Delivery:
    if event == "ping":
        return Delivery(provider, "ping", delivery_id)
    if event == "push":
        return _delivery(provider, "push", delivery_id, pushes=_push_with_ref(provider, payload))
    if event.startswith("pull_request") and "pull_request" in payload:
        return Delivery(provider, "pull_request", delivery_id, pull_request=_pull_request(payload))
    return Delivery(provider, "other", delivery_id)


def _push_with_ref(provider: str, payload: dict[str, Any]) -> list[Push]:
    ref = str(payload["ref"])
    if not ref.startswith(_HEADS):
        return []
    commit = str(payload.get("after") or payload.get("checkout_sha") or "")
    commits = list(payload.get("commits") or [])
    head = payload.get("head_commit") or next((item for item in commits if item.get("id") == commit), None)
    about = payload.get("repository") or payload.get("project") or {}
    project = payload.get("project") or {}
    is_whole = (
        not payload.get("forced")
        and len(commits) < _MOST_COMMITS[provider]
        and len(commits)
        == int(payload.get("total_commits_count") or payload.get("total_commits") or len(commits))
        and bool(str(payload.get("before") or "").strip("0"))
        and bool(commits)
    )
    return [
        Push(
            branch=ref.removeprefix(_HEADS),
            commit=commit if commit.strip("0") and not payload.get("deleted") else "",
            message=str((head or {}).get("message") or ""),
            changed=_changed(commits) if is_whole else None,
            default_branch=str(about.get("default_branch") or project.get("default_branch") or ""),
        )
    ]


def _changed(commits: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    paths: set[str] = set()
    for commit in commits:
        for kind in ("added", "modified", "removed"):
            paths.update(str(path) for path in commit.get(kind) or [])
    return tuple(sorted(paths))


def _pull_request(payload: dict[str, Any]) -> PullRequest:
    pull = payload["pull_request"]
    head, base = pull["head"], pull["base"]
    homes = [(side.get("repo") or {}).get("full_name") for side in (head, base)]
    action = str(payload.get("action"))
    return PullRequest(
        number=int(payload.get("number") or pull["number"]),
        action="closed"
        if action == "closed"
        else "updated"
        if action in {"opened", "reopened", "synchronize", "synchronized", "ready_for_review"}
        else "other",
        branch=str(head["ref"]),
        commit=str(head.get("sha") or ""),
        is_fork=homes[0] is None or homes[0] != homes[1],
        message=str(pull.get("title") or ""),
    )


def _gitlab(headers: Mapping[str, str], payload: dict[str, Any]) -> Delivery:
    delivery_id = (
        headers.get("webhook-id")
        or headers.get("idempotency-key")
        or headers.get("x-gitlab-event-uuid")
        or ""
    )
    kind = payload.get("object_kind")
    if kind == "push":
        return _delivery("gitlab", "push", delivery_id, pushes=_push_with_ref("gitlab", payload))
    if kind == "merge_request":
        return Delivery("gitlab", "pull_request", delivery_id, pull_request=_merge_request(payload))
    return Delivery("gitlab", "other", delivery_id)


def _merge_request(payload: dict[str, Any]) -> PullRequest:
    about = payload["object_attributes"]
    action = str(about.get("action"))
    # An update without `oldrev` changed words, not commits.
    is_update = action in {"open", "reopen"} or (action == "update" and bool(about.get("oldrev")))
    return PullRequest(
        number=int(about["iid"]),
        action="closed" if action in {"close", "merge"} else "updated" if is_update else "other",
        branch=str(about["source_branch"]),
        commit=str((about.get("last_commit") or {}).get("id") or ""),
        is_fork=about.get("source_project_id") != about.get("target_project_id"),
        message=str(about.get("title") or ""),
    )


def _bitbucket(headers: Mapping[str, str], payload: dict[str, Any]) -> Delivery:
    event, delivery_id = headers["x-event-key"], headers.get("x-request-uuid", "")
    if event == "diagnostics:ping":
        return Delivery("bitbucket", "ping", delivery_id)
    if event == "repo:push":
        changes = payload["push"]["changes"]
        pushes = [push for change in changes if (push := _bitbucket_push(change)) is not None]
        return _delivery("bitbucket", "push", delivery_id, pushes=pushes)
    if event.startswith("pullrequest:") and "pullrequest" in payload:
        return Delivery(
            "bitbucket",
            "pull_request",
            delivery_id,
            pull_request=_bitbucket_pull(event, payload["pullrequest"]),
        )
    return Delivery("bitbucket", "other", delivery_id)


def _bitbucket_push(change: dict[str, Any]) -> Push | None:
    """Bitbucket does not tell which paths changed."""
    side = change.get("new") or change.get("old") or {}
    if side.get("type") != "branch":
        return None
    target = (change.get("new") or {}).get("target") or {}
    return Push(
        branch=str(side["name"]),
        commit=str(target.get("hash") or ""),
        message=str(target.get("message") or ""),
    )


def _bitbucket_pull(event: str, pull: dict[str, Any]) -> PullRequest:
    source, destination = pull["source"], pull["destination"]
    homes = [(side.get("repository") or {}).get("full_name") for side in (source, destination)]
    action = event.partition(":")[2]
    return PullRequest(
        number=int(pull["id"]),
        action="closed"
        if action in {"fulfilled", "rejected"}
        else "updated"
        if action in {"created", "updated"}
        else "other",
        branch=str(source["branch"]["name"]),
        commit=str((source.get("commit") or {}).get("hash") or ""),
        is_fork=homes[0] is None or homes[0] != homes[1],
        message=str(pull.get("title") or ""),
    )


def _delivery(provider: str, event: Event, delivery_id: str, *, pushes: Iterable[Push]) -> Delivery:
    return Delivery(provider, event, delivery_id, pushes=tuple(pushes))


_READERS: dict[str, Callable[[Mapping[str, str], dict[str, Any]], Delivery]] = {
    "github": _github,
    "gitlab": _gitlab,
    "bitbucket": _bitbucket,
    "gitea": _gitea,
}
