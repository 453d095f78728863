"""Make releases: an artifact and everything its replicas are started with, numbered, never changed after."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.delivery.releases.requirements import (
    FilesystemMissing,
    Requirements,
    SecretMissing,
    resolve,
)
from capsule.control.site import Site
from capsule.control.workload.capsules.schemas import DEFAULT_CPU, DEFAULT_MEMORY
from capsule.control.workload.env.service import EnvService
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Release

_HOW_TO_DEPLOY = ("scale", "strategy", "health", "canary", "watch_seconds")


async def make_release(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, build: Build, artifact_id: str
) -> Release:
    """Add the release of a build that succeeded, with the capsule's present configuration.

    Raises SecretMissing or FilesystemMissing when the space lacks what the app declares.
    """
    return await _add(
        db_session,
        box,
        capsule,
        await configuration(db_session, capsule, build),
        await current_env(db_session, box, capsule),
        artifact_id=artifact_id,
        build_id=build.id,
        manifest=build.manifest,
        commit=build.source.get("commit"),
        subject=(build.source.get("subject") or "")[:500] or None,
    )


async def configuration(
    db_session: AsyncSession, capsule: Capsule, build: Build, *, given: Collection[str] = ()
) -> dict[str, Any]:
    """Return what replicas of a build are started with, the environment left out.

    `given`: as `requirements.resolve` has it. Raises SecretMissing or FilesystemMissing.
    """
    plan = build.plan or {}
    requirements = await resolve(db_session, capsule, build.manifest, given=given)
    return {
        **_settings(capsule, build.manifest, requirements),
        "processes": _processes(plan),
        "release": plan.get("release"),
        "image": _image(capsule, plan.get("image"), build.manifest),
        "probe_path": plan.get("probe_path"),
        "listens_on_socket": plan.get("listens_on_socket", False),
        "visible": plan.get("visible", []),
    }


def processes_of(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return process type → `{"argv", "env"}` of a release; those made by an older server have only one."""
    if "processes" in config:
        return dict(config["processes"])
    return {"web": config["start"]}


def _processes(plan: Mapping[str, Any]) -> dict[str, Any]:
    web = {"web": plan["start"]} if plan.get("start") is not None else {}
    return {**web, **plan.get("processes", {})}


def _image(
    capsule: Capsule, image: Mapping[str, Any] | None, manifest: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return what a container is started from; the builder says in the manifest what it has made.

    The port in the capsule's settings wins over what the image exposes, without another build.
    """
    if image is None:
        return None
    made = {**image, **(manifest or {}).get("image", {})}
    return {**made, "port": capsule.config.get("port") or made["port"]}


async def refresh_release(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, release: Release, *, made_by: str = "config"
) -> Release:
    """Return a release of the same artifact with the capsule's present configuration.

    It is `release` itself when nothing is other than when it was made. A secret or filesystem that has gone
    is not noticed here: the deployment fails and names it.
    """
    known = {key: value for key, value in release.config.items() if key != "env"}
    try:
        settings = _settings(capsule, release.manifest, await resolve(db_session, capsule, release.manifest))
    except (SecretMissing, FilesystemMissing):
        settings = _limits(capsule, release.manifest)
    if known.get("image"):
        settings["image"] = _image(capsule, known["image"], release.manifest)
    env = await current_env(db_session, box, capsule)
    # A setting that an older server did not know is absent, which says as much as empty.
    same = all(known.get(key) == value for key, value in settings.items())
    if same and env == release_env(box, release):
        return release
    return await _add(
        db_session,
        box,
        capsule,
        known | settings,
        env,
        artifact_id=release.artifact_id,
        build_id=release.build_id,
        manifest=release.manifest,
        made_by=made_by,
        based_on=release.id,
        commit=release.commit,
        subject=release.subject,
    )


def release_env(box: SecretBox, release: Release) -> dict[str, str]:
    """Return the user's variables as they were when the release was made."""
    env: dict[str, str] = json.loads(box.decrypt(release.config["env"], context=_context(release.id)))
    return env


async def current_env(db_session: AsyncSession, box: SecretBox, capsule: Capsule) -> dict[str, str]:
    """Return the capsule's variables as they are now; its address is added when a replica is started."""
    env = await EnvService(db_session, box, Site()).environment(capsule)
    env.pop("APP_URL", None)
    return env


async def _add(
    db_session: AsyncSession,
    box: SecretBox,
    capsule: Capsule,
    config: dict[str, Any],
    env: dict[str, str],
    *,
    artifact_id: str,
    build_id: str | None,
    manifest: dict[str, Any] | None,
    made_by: str = "build",
    based_on: str | None = None,
    commit: str | None = None,
    subject: str | None = None,
) -> Release:
    release_id = new_id("rel")
    release = Release(
        id=release_id,
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        number=await ReleaseRepository(db_session).next_number(capsule.id),
        build_id=build_id,
        artifact_id=artifact_id,
        config={**config, "env": box.encrypt(json.dumps(env), context=_context(release_id))},
        manifest=manifest,
        made_by=made_by,
        based_on=based_on,
        commit=commit,
        subject=subject,
    )
    db_session.add(release)
    await db_session.flush()
    return release


def _settings(
    capsule: Capsule, manifest: Mapping[str, Any] | None, requirements: Requirements
) -> dict[str, Any]:
    return {
        **_limits(capsule, manifest),
        "secrets": list(requirements.secrets),
        "mounts": [
            {"target": mount.target, "storage_id": mount.storage_id, "name": mount.name}
            for mount in requirements.mounts
        ],
    }


def _limits(capsule: Capsule, manifest: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a person set in the capsule's settings wins over what the app declares."""
    declared = manifest or {}
    limits = {
        "cpu": float(capsule.config.get("cpu") or declared.get("cpu") or DEFAULT_CPU),
        "memory": int(capsule.config.get("memory") or declared.get("memory") or DEFAULT_MEMORY),
        **{name: capsule.config.get(name) for name in _HOW_TO_DEPLOY},
    }
    if capsule.type != "app":
        return limits
    keep_warm = capsule.config.get("keep_warm_seconds")
    if keep_warm is None:  # an app that declares 0 leaves it to the platform
        keep_warm = declared.get("keep_warm_seconds") or None
    return {
        **limits,
        "keep_warm_seconds": keep_warm,
        "network": capsule.config.get("network"),
        "runtime_files": capsule.config.get("runtime_files"),
    }


def _context(release_id: str) -> str:
    return f"release:{release_id}"
