"""One word for how a capsule is."""

from datetime import timedelta

import pytest

from capsule.control.workload.capsules.status import status_of
from capsule.kit.clock import now
from capsule.models import Build, Capsule, Deployment, Replica


def capsule(
    *, released: bool = False, is_on: bool = True, removed: bool = False, kind: str = "app"
) -> Capsule:
    removed_at = now() if removed else None
    return Capsule(type=kind, is_on=is_on, release_id="rel_1" if released else None, removed_at=removed_at)


HEALTHY = [Replica(state="healthy")]


def build(status: str, *, minutes_ago: float = 0) -> Build:
    return Build(status=status, reason="npm failed", created_at=now() - timedelta(minutes=minutes_ago))


def deployment(status: str, *, minutes_ago: float = 0) -> Deployment:
    return Deployment(status=status, reason="no answer", created_at=now() - timedelta(minutes=minutes_ago))


def replica(state: str) -> Replica:
    return Replica(state=state, exit_reason="exited with code 1")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ((capsule(), None, None, []), ("empty", None)),
        ((capsule(is_on=False), None, None, []), ("empty", None)),
        ((capsule(is_on=False), build("succeeded"), deployment("failed"), []), ("stopped", None)),
        ((capsule(), build("queued"), None, []), ("building", None)),
        ((capsule(), build("running"), None, []), ("building", None)),
        ((capsule(), build("failed"), None, []), ("failed", "npm failed")),
        ((capsule(), build("cancelled"), None, []), ("empty", None)),
        ((capsule(), build("succeeded"), None, []), ("starting", None)),
        ((capsule(), build("succeeded", minutes_ago=1), deployment("queued"), []), ("starting", None)),
        (
            (capsule(), build("succeeded", minutes_ago=1), deployment("failed"), []),
            ("failed", "no answer"),
        ),
        ((capsule(), build("running"), deployment("failed", minutes_ago=1), []), ("building", None)),
        (
            (capsule(released=True), None, deployment("succeeded"), [replica("healthy")]),
            ("live", None),
        ),
        (
            (
                capsule(released=True),
                build("failed"),
                deployment("succeeded", minutes_ago=1),
                [replica("healthy")],
            ),
            ("live", None),
        ),
        (
            (
                capsule(released=True),
                build("running"),
                deployment("succeeded", minutes_ago=1),
                [replica("healthy")],
            ),
            ("live", None),
        ),
        (
            (capsule(released=True), None, deployment("failed"), [replica("healthy")]),
            ("live", None),
        ),
        ((capsule(released=True), None, deployment("succeeded"), []), ("starting", None)),
        (
            (capsule(released=True), None, deployment("succeeded"), [replica("unhealthy")]),
            ("failed", "exited with code 1"),
        ),
        (
            (capsule(released=True, is_on=False), build("running"), None, [replica("healthy")]),
            ("stopped", None),
        ),
        ((capsule(is_on=False), build("running"), None, []), ("building", None)),
        ((capsule(released=True, removed=True), None, None, [replica("healthy")]), ("removing", None)),
        ((capsule(kind="storage"), None, None, []), ("live", None)),
    ],
)
def test_status(
    about: tuple[Capsule, Build | None, Deployment | None, list[Replica]], expected: tuple[str, str | None]
) -> None:
    assert status_of(*about) == expected
