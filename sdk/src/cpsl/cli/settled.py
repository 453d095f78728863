"""Wait until the platform has done what it was told: switched on, off, restarted or removed."""

from __future__ import annotations

import time
from collections.abc import Callable

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli.api import Api, Record
from cpsl.cli.delivery import FINISHED, DeliveryFailed, show_tail
from cpsl.cli.output import Output

_LONGEST_SECONDS = 180.0


class NotSettled(CapsuleError):
    """The platform did not get there; what it said is in the message."""


def until_deployed(api: Api, out: Output, capsule: Record) -> Record:
    """Follow the capsule's newest deployment to its end.

    Raises DeliveryFailed with its reason and last log lines when it failed.
    """
    deployment = capsule.get("current_deployment")
    while deployment is not None and deployment["status"] not in FINISHED:
        time.sleep(0.2)
        deployment = api.get(f"/deployments/{deployment['id']}")
    if deployment is not None and deployment["status"] == "failed":
        show_tail(out, deployment.get("log_tail") or [])
        raise DeliveryFailed(
            f"'{capsule['name']}' did not start: {str(deployment.get('reason') or 'no reason').rstrip('.')}.",
            hint=deployment.get("hint") or f"capsule logs {capsule['name']}",
            code="deployment_failed",
            request_id=deployment["id"],
        )
    return _read(api, capsule)


def until_stopped(api: Api, capsule: Record) -> Record:
    """Wait until no replica of the capsule is left."""

    def is_stopped() -> bool:
        found = _read(api, capsule)
        return found["status"] in ("stopped", "empty") and not found.get("replicas")

    _until(is_stopped, f"'{capsule['name']}' is still stopping.")
    return _read(api, capsule)


def until_removed(api: Api, capsule: Record) -> None:
    """Wait until nothing of the capsule is left, so that its name is free again."""

    def is_gone() -> bool:
        try:
            _read(api, capsule)
        except ApiError as exc:
            if exc.status == 404:
                return True
            raise
        return False

    _until(is_gone, f"'{capsule['name']}' is still being removed.")


def _read(api: Api, capsule: Record) -> Record:
    found: Record = api.get(f"/capsules/{capsule['id']}")
    return found


def _until(check: Callable[[], bool], sentence: str) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise NotSettled(sentence, hint="It goes on by itself: capsule list", code="still_going")
        time.sleep(0.1)
