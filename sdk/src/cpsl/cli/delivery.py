"""Follow a build and the deployment that comes of it until the release is live or has failed."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.invocation import Invocation
from cpsl.cli.output import Output
from cpsl.cli.progress import Progress

KEPT_LINES = 20
POLL_SECONDS = 0.3
RELEASE_SECONDS = 60.0
"""Time within which a finished build has to show up as a release and its deployment."""
FINISHED = ("succeeded", "failed", "cancelled")


class DeliveryFailed(CapsuleError):
    """A build or deployment ended badly; the reason was the platform's or the app's."""


@dataclass(frozen=True)
class Delivered:
    """A release that is live, or built for a capsule that is switched off."""

    capsule: Record
    release: Record
    is_live: bool


class BuildLog:
    """The lines of a build as a person wants them: the newest one in a terminal, all of them elsewhere."""

    def __init__(self, out: Output, progress: Progress) -> None:
        self._out = out
        self._progress = progress
        self._prints_all = out.verbose or not out.is_terminal
        self._tail: deque[Record] = deque(maxlen=KEPT_LINES)

    def add(self, line: Record) -> None:
        self._tail.append(line)
        if self._prints_all:
            self._out.log_line(line)
        else:
            self._progress.detail(str(line.get("text", "")))

    def show_tail(self) -> None:
        """Print the last lines, unless all of them were printed."""
        if not self._prints_all:
            show_tail(self._out, list(self._tail))


def show_tail(out: Output, lines: list[Any]) -> None:
    """Print the last lines of a log under a heading."""
    if lines:
        out.line(f"Last {words.plural(len(lines), 'line')} of the log:", dim=True)
    for line in lines:
        out.log_line(line if isinstance(line, dict) else {"text": line})


class Follower:
    """Follows one build of one capsule and prints what a person wants to see of it."""

    def __init__(self, invocation: Invocation, capsule: Record, build: Record) -> None:
        self._api = invocation.api
        self._out = invocation.out
        self._capsule = capsule
        self._build = build

    def run(self, progress: Progress) -> Delivered:
        """Return when the release is live. Raises DeliveryFailed."""
        try:
            return self._run(progress)
        except ApiError as error:
            if error.code != "not_found":
                raise
            name = self._capsule["name"]
            raise DeliveryFailed(
                f"'{name}' was removed while it was deployed.",
                code="capsule_removed",
                request_id=self._build["id"],
            ) from error

    def _run(self, progress: Progress) -> Delivered:
        self._follow_build(progress)
        release = self._release()
        if not self._refreshed()["is_on"]:
            return Delivered(self._refreshed(), release, is_live=False)
        self._follow_deployment(progress, release)
        return Delivered(self._refreshed(), release, is_live=True)

    def _follow_build(self, progress: Progress) -> None:
        build_id = self._build["id"]
        progress.step("Building" if self._build["status"] != "queued" else "Waiting for a free builder")
        waiting = self._build["status"] == "queued"
        log = BuildLog(self._out, progress)
        for event in self._api.events(f"/builds/{build_id}/logs/stream"):
            if event.name == "line":
                if waiting:
                    progress.step("Building")
                    waiting = False
                log.add(event.data)
            elif event.name == "end":
                self._ended(event.data, log)
                return

    def _ended(self, end: dict[str, Any], log: BuildLog) -> None:
        status = end["status"]
        if status == "succeeded":
            return
        name = self._capsule["name"]
        if status == "cancelled":
            raise DeliveryFailed(
                f"The build of '{name}' was cancelled.", code="build_cancelled", request_id=self._build["id"]
            )
        log.show_tail()
        reason = str(end.get("reason") or "The build failed.").rstrip(".")
        raise DeliveryFailed(
            f"The build of '{name}' failed: {reason}.",
            hint=end.get("hint") or f"The whole log: capsule builds log {self._build['id']}",
            code="build_failed",
            request_id=self._build["id"],
        )

    def _release(self) -> Record:
        deadline = time.monotonic() + RELEASE_SECONDS
        while time.monotonic() < deadline:
            for release in self._api.items(f"/capsules/{self._capsule['id']}/releases"):
                if release["build_id"] == self._build["id"]:
                    return release
            time.sleep(POLL_SECONDS)
        raise DeliveryFailed(
            f"The build of '{self._capsule['name']}' succeeded, but no release came of it.",
            hint="capsule status",
            code="no_release",
            request_id=self._build["id"],
        )

    def _follow_deployment(self, progress: Progress, release: Record) -> None:
        progress.step(f"Starting release {release['number']}")
        began, pause, status, complaint = time.monotonic(), POLL_SECONDS, "", None
        while status not in FINISHED:
            deployment = self._deployment(release)
            if deployment is None:
                if time.monotonic() - began > RELEASE_SECONDS:
                    raise DeliveryFailed(
                        f"Release {release['number']} of '{self._capsule['name']}' is built but was not "
                        f"deployed.",
                        hint=f"capsule restart {self._capsule['name']}",
                        code="not_deployed",
                    )
            else:
                status = deployment["status"]
                if status in ("failed", "cancelled"):
                    self._deployment_failed(deployment)
                if status == "succeeded":
                    return
                if deployment.get("reason") not in (None, complaint):
                    complaint = deployment["reason"]
                    progress.step(str(complaint))
            time.sleep(pause)
            pause = min(1.0, pause * 1.2)

    def _deployment(self, release: Record) -> Record | None:
        deployments = self._api.items(f"/capsules/{self._capsule['id']}/deployments")
        mine = [item for item in deployments if item["release_id"] == release["id"]]
        return max(mine, key=lambda item: str(item["created_at"])) if mine else None

    def _deployment_failed(self, deployment: Record) -> None:
        name, number = self._capsule["name"], deployment["release_number"]
        if deployment["status"] == "cancelled":
            said = str(deployment.get("reason") or "Cancelled.")
            raise DeliveryFailed(
                f"The deployment of release {number} of '{name}' was cancelled: {said}",
                hint=deployment.get("hint") or f"capsule releases {name}",
                code="deployment_cancelled",
                request_id=deployment["id"],
            )
        show_tail(self._out, deployment.get("log_tail") or [])
        reason = str(deployment.get("reason") or "it did not come up").rstrip(".")
        raise DeliveryFailed(
            f"Release {number} of '{name}' did not go live: {reason}.",
            hint=deployment.get("hint") or f"capsule logs {name}",
            code="deployment_failed",
            request_id=deployment["id"],
        )

    def _refreshed(self) -> Record:
        found: Record = self._api.get(f"/capsules/{self._capsule['id']}")
        return found
