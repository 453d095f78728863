"""Turn a release into the spec of one replica: command, environment, mounts, limits. Starts nothing."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.releases.requirements import FilesystemMissing, SecretMissing
from capsule.control.delivery.releases.service import processes_of, release_env
from capsule.control.workload.files.size import write_size
from capsule.control.workload.secrets.service import SecretNotFound, values
from capsule.engines.contract import Egress, EgressMode, Limits, Mount, ReplicaSpec, RuntimeTerms
from capsule.models import Capsule, Release
from capsule.paths import DataPaths
from capsule.reconcile.platform import Platform
from capsule.reconcile.storage import share

_GRACE_SECONDS = 10.0
_OWN_SECRETS = ("INTERNAL_API_KEY",)
"""System variables that are as good as secrets."""


async def release_spec(
    platform: Platform,
    db_session: AsyncSession,
    capsule: Capsule,
    release: Release,
    *,
    replica_id: str,
    process: str = "web",
    command: Mapping[str, Any] | None = None,
) -> ReplicaSpec:
    """`command`, `{"argv", "env"}`, is run in place of the process type's own.

    Raises SecretMissing or FilesystemMissing when one was deleted since the release was made."""
    return await _spec(
        platform,
        db_session,
        capsule,
        replica_id=replica_id,
        release_id=release.id,
        version=str(release.number),
        environment="deploy",
        artifact=str(platform.paths.artifact(release.artifact_id)),
        config=release.config,
        env=release_env(platform.box, release),
        process=process,
        command=command or processes_of(release.config)[process],
    )


async def serve_spec(
    platform: Platform,
    db_session: AsyncSession,
    capsule: Capsule,
    *,
    replica_id: str,
    serve_id: str,
    revision: int,
    config: dict[str, Any],
    env: dict[str, str],
    shell: Mapping[str, str],
) -> ReplicaSpec:
    """`shell`: values of secrets that win over those of the space."""
    return await _spec(
        platform,
        db_session,
        capsule,
        replica_id=replica_id,
        release_id=serve_id,
        version=f"serve-{revision}",
        environment="serve",
        artifact=str(platform.paths.serve_tree(serve_id)),
        config=config,
        env=env,
        shell=shell,
        process="web",
        command=processes_of(config)["web"],
    )


async def _spec(
    platform: Platform,
    db_session: AsyncSession,
    capsule: Capsule,
    *,
    replica_id: str,
    release_id: str,
    version: str,
    environment: str,
    artifact: str,
    config: dict[str, Any],
    env: dict[str, str],
    process: str,
    command: Mapping[str, Any],
    shell: Mapping[str, str] = MappingProxyType({}),
) -> ReplicaSpec:
    declared = config["secrets"]
    kept = await _secrets(platform, db_session, capsule, [name for name in declared if name not in shell])
    secrets = kept | {name: shell[name] for name in declared if name in shell}
    storage = await _storage(platform.paths, db_session, capsule, config["mounts"])
    is_app = capsule.type == "app"
    image = config.get("image") or {}
    return ReplicaSpec(
        id=replica_id,
        capsule_id=capsule.id,
        release_id=release_id,
        identity=capsule.number,
        argv=tuple(command["argv"]),
        artifact=artifact,
        env={
            **secrets,
            **command.get("env", {}),
            **env,
            **_system_env(platform, capsule, release_id, version, environment),
        },
        mounts=(*storage, *_visible(config.get("visible", ()))),
        limits=Limits(config["cpu"], config["memory"], disk=platform.container_disk),
        grace_seconds=float((config.get("health") or {}).get("grace_seconds", _GRACE_SECONDS)),
        process=process,
        image=image.get("reference", ""),
        port=int(image.get("port", 0)),
        space_id=capsule.space_id,
        hostname=capsule.slug if process == "web" else f"{capsule.slug}-{process}",
        listens_on_socket=is_app or bool(config.get("listens_on_socket")),
        platform_files=is_app,
        runtimes=_runtime_terms(config) if is_app else None,
        redact=(*secrets.values(), *(env[key] for key in _OWN_SECRETS if key in env)),
        labels={"environment": environment} | ({"process": process} if process != "web" else {}),
    )


def _runtime_terms(config: dict[str, Any]) -> RuntimeTerms:
    network = config.get("network") or {}
    terms = RuntimeTerms(
        egress=Egress(EgressMode(network.get("mode", EgressMode.public)), tuple(network.get("allow", ())))
    )
    if files := config.get("runtime_files"):
        return replace(terms, files_mb=int(files))
    return terms


def _system_env(
    platform: Platform, capsule: Capsule, release_id: str, version: str, environment: str
) -> dict[str, str]:
    site = platform.site
    host = site.host(capsule.slug) if environment == "deploy" else site.serve_host(capsule.slug)
    env = {
        "APP_URL": site.authority(host),
        "CAPSULE_APP_ID": capsule.id,
        "CAPSULE_APP_NAME": capsule.name,
        "CAPSULE_USER_ID": capsule.team_id,
        "CAPSULE_VERSION_ID": release_id,
        "CAPSULE_VERSION": version,
        "CAPSULE_VERSION_TYPE": environment,
        "CAPSULE_ENV_TYPE": environment,
        "CAPSULE_RUNNER_VERSION_TYPE": environment,
    }
    if capsule.type == "app":
        env["CAPSULE_RUNTIME_SOCKET"] = "{run}/replica.sock"
    return env


async def _secrets(
    platform: Platform, db_session: AsyncSession, capsule: Capsule, names: list[str]
) -> dict[str, str]:
    try:
        return await values(db_session, platform.box, capsule.space_id, names)
    except SecretNotFound as exc:
        raise SecretMissing(f"'{capsule.name}' cannot start: {exc.detail}", hint=exc.hint) from exc


async def _storage(
    paths: DataPaths, db_session: AsyncSession, capsule: Capsule, mounts: list[dict[str, Any]]
) -> list[Mount]:
    made = []
    for mount in mounts:
        storage = await db_session.get(Capsule, mount["storage_id"])
        if storage is None or storage.removed_at is not None:
            raise FilesystemMissing(
                f"'{capsule.name}' mounts the filesystem '{mount['name']}', which this space no longer has.",
                hint=f"capsule fs create {mount['name']}",
            )
        folder = paths.storage(storage.id)
        share(folder)
        write_size(paths, storage)
        size_file = str(paths.storage_size(storage.id))
        made.append(Mount(str(folder), mount["target"], name=storage.name, size_file=size_file))
    return made


def _visible(folders: Any) -> list[Mount]:
    return [Mount(source=folder, target=folder, read_only=True) for folder in folders]
