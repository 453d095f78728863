"""Send what is to be deployed, follow it, and say how it ended."""

from __future__ import annotations

import time

import click

from cpsl._problems import INTERRUPTED, ApiError, CapsuleError, InvalidInput
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.delivery import Delivered, DeliveryFailed, Follower
from cpsl.cli.invocation import Invocation
from cpsl.cli.progress import Progress
from cpsl.cli.target import Target, detect_type
from cpsl.cli.upload import upload_directory


def deploy_target(
    invocation: Invocation, target: Target, variables: dict[str, str], *, wait: bool = True
) -> int:
    """Deploy `target` and return the exit code. Raises DeliveryFailed."""
    started = time.monotonic()
    with invocation.out.progress() as progress:
        capsule, build = Order(invocation, target, variables, progress).place()
        if not wait:
            _queued(invocation, capsule, build)
            return 0
        try:
            delivered = Follower(invocation, capsule, build).run(progress)
        except KeyboardInterrupt:
            _detached(invocation, capsule, build)
            return INTERRUPTED
        except DeliveryFailed as error:
            if invocation.as_json:
                invocation.out.json(_failed_object(capsule, build, error))
            raise
    _delivered(invocation, delivered, build, time.monotonic() - started)
    return 0


class Order:
    """Sends what is to be deployed, so that either a build is queued or nothing is left behind."""

    def __init__(
        self, invocation: Invocation, target: Target, variables: dict[str, str], progress: Progress
    ) -> None:
        self._invocation = invocation
        self._api = invocation.api
        self._target = target
        self._variables = variables
        self._progress = progress

    def place(self) -> tuple[Record, Record]:
        """Return the capsule and the build that is queued for it."""
        existing = self._existing()
        source = self._source()
        if existing is None:
            try:
                return self._create(source)
            except ApiError as exc:
                # Somebody deployed the same name at the same moment.
                if exc.code != "name_taken" or (existing := self._existing()) is None:
                    raise
        self._set_variables(existing)
        if self._target.access_token:
            self._api.patch(f"/capsules/{existing['id']}/source-access", {"token": self._target.access_token})
        build = self._api.post(
            f"/capsules/{existing['id']}/builds", {"source": source, "config": self._target.config}
        )
        return existing, build

    def _existing(self) -> Record | None:
        space = self._invocation.current_space
        for capsule in self._api.items("/capsules", space=space["id"]):
            if capsule["name"] == self._target.name:
                if self._target.type not in (None, capsule["type"]):
                    raise InvalidInput(
                        f"'{capsule['name']}' in the space '{space['slug']}' is a {capsule['type']}, and a "
                        f"capsule keeps its type.",
                        code="wrong_type",
                        hint="Deploy under another name: --name NAME",
                    )
                return capsule
        return None

    def _source(self) -> Record:
        if self._target.root is None:
            return self._target.source
        uploaded, _ = upload_directory(self._invocation, self._target.root, self._progress)
        return {**self._target.source, "upload_id": uploaded["id"]}

    def _create(self, source: Record) -> tuple[Record, Record]:
        target = self._target
        type_ = target.type
        if type_ is None:
            self._progress.step("Finding out what it is")
            type_ = detect_type(self._invocation, source, target.config, access_token=target.access_token)
        capsule: Record = self._api.post(
            "/capsules",
            {
                "space_id": self._invocation.current_space["id"],
                "name": target.name,
                "type": type_,
                "source": source,
                "config": target.config,
                "deploy": False,
                **({"access_token": target.access_token} if target.access_token else {}),
            },
        )
        try:
            self._set_variables(capsule)
            return capsule, self._api.post(f"/capsules/{capsule['id']}/builds", {})
        except BaseException:
            # Nothing was built yet, so nobody misses the capsule that we have just made.
            self._api.delete(f"/capsules/{capsule['id']}", confirm=capsule["name"])
            raise

    def _set_variables(self, capsule: Record) -> None:
        if not self._variables:
            return
        known = {item["key"]: item["value"] for item in self._api.items(f"/capsules/{capsule['id']}/env")}
        changed = {key: value for key, value in self._variables.items() if known.get(key) != value}
        if changed:
            self._api.patch(f"/capsules/{capsule['id']}/env", {"set": changed, "unset": []})


def _queued(invocation: Invocation, capsule: Record, build: Record) -> None:
    if invocation.as_json:
        invocation.out.json({**_object(capsule, build), "status": build["status"]})
    else:
        invocation.out.success(f"Build {build['id']} of {capsule['name']} is queued.")
        invocation.out.line(f"Follow it: capsule builds log {build['id']} -f", dim=True)


def _detached(invocation: Invocation, capsule: Record, build: Record) -> None:
    invocation.out.notice(f"Left while {capsule['name']} is being deployed; that goes on without you.")
    invocation.out.notice(f"  Follow:  capsule builds log {build['id']} -f")
    invocation.out.notice(f"  Cancel:  capsule builds cancel {build['id']}")


def _delivered(invocation: Invocation, delivered: Delivered, build: Record, seconds: float) -> None:
    capsule, release, out = delivered.capsule, delivered.release, invocation.out
    if invocation.as_json:
        out.json(
            {
                **_object(capsule, build),
                "status": "live" if delivered.is_live else "stopped",
                "release": release["number"],
                "release_id": release["id"],
                "seconds": round(seconds, 2),
            }
        )
    elif delivered.is_live:
        out.success(f"{capsule['name']} is live: release {release['number']}, in {words.duration(seconds)}.")
        if capsule.get("url"):
            out.line(f"  {click.style(capsule['url'], bold=True)}")
    else:
        out.success(
            f"Release {release['number']} of {capsule['name']} is built; the capsule is switched off."
        )
        out.line(f"Switch it on: capsule start {capsule['name']}", dim=True)


def _object(capsule: Record, build: Record) -> Record:
    return {
        "name": capsule["name"],
        "id": capsule["id"],
        "type": capsule["type"],
        "url": capsule.get("url"),
        "build_id": build["id"],
    }


def _failed_object(capsule: Record, build: Record, error: CapsuleError) -> Record:
    return {
        **_object(capsule, build),
        "status": "failed",
        "code": error.code,
        "reason": error.detail,
        "hint": error.hint,
    }
