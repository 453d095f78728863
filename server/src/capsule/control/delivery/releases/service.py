"""Make releases: an artifact and everything its replicas are started with, numbered, never changed after."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.delivery.releases.requirements import Requirements, resolve
from capsule.control.workload.env.service import env_of
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Release

_DEFAULT_CPU, _DEFAULT_MEMORY = 1.0, 512


async def make_release(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, build: Build, artifact_id: str
) -> Release:
    """Add the release of a build that succeeded, with the capsule's present configuration.

    Raises SecretMissing or FilesystemMissing when the space lacks what the app declares.
    """
    plan = build.plan or {}
    start = {
        "start": plan["start"],
        "probe_path": plan.get("probe_path"),
        "listens_on_socket": plan.get("listens_on_socket", False),
        "visible": plan.get("visible", []),
    }
    return await _add(
        db_session, box, capsule, start, artifact_id=artifact_id, build_id=build.id, manifest=build.manifest
    )


async def refresh_release(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, release: Release
) -> Release:
    """Return a release of the same artifact with the capsule's present configuration.

    It is `release` itself when nothing is other than when it was made.
    """
    requirements = await resolve(db_session, capsule, release.manifest)
    env = await env_of(db_session, box, capsule)
    known = {key: value for key, value in release.config.items() if key != "env"}
    if known == known | _settings(capsule, release.manifest, requirements) and env == release_env(box, release):
        return release
    start = {key: known[key] for key in ("start", "probe_path", "listens_on_socket", "visible")}
    return await _add(
        db_session,
        box,
        capsule,
        start,
        artifact_id=release.artifact_id,
        build_id=release.build_id,
        manifest=release.manifest,
    )


def release_env(box: SecretBox, release: Release) -> dict[str, str]:
    """Return the user's variables as they were when the release was made."""
    env: dict[str, str] = json.loads(box.decrypt(release.config["env"], context=_context(release.id)))
    return env


async def _add(
    db_session: AsyncSession,
    box: SecretBox,
    capsule: Capsule,
    start: dict[str, Any],
    *,
    artifact_id: str,
    build_id: str | None,
    manifest: dict[str, Any] | None,
) -> Release:
    requirements = await resolve(db_session, capsule, manifest)
    env = await env_of(db_session, box, capsule)
    release_id = new_id("rel")
    release = Release(
        id=release_id,
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        number=await ReleaseRepository(db_session).next_number(capsule.id),
        build_id=build_id,
        artifact_id=artifact_id,
        config={
            **start,
            **_settings(capsule, manifest, requirements),
            "env": box.encrypt(json.dumps(env), context=_context(release_id)),
        },
        manifest=manifest,
    )
    db_session.add(release)
    await db_session.flush()
    return release


def _settings(
    capsule: Capsule, manifest: Mapping[str, Any] | None, requirements: Requirements
) -> dict[str, Any]:
    declared = manifest or {}
    return {
        "cpu": float(capsule.config.get("cpu") or declared.get("cpu") or _DEFAULT_CPU),
        "memory": int(capsule.config.get("memory") or declared.get("memory") or _DEFAULT_MEMORY),
        "secrets": list(requirements.secrets),
        "mounts": [
            {"target": mount.target, "storage_id": mount.storage_id, "name": mount.name}
            for mount in requirements.mounts
        ],
    }


def _context(release_id: str) -> str:
    return f"release:{release_id}"
