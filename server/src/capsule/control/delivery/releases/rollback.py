"""Go back to an earlier release, and say beforehand what that changes."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.builds.service import cancel_build
from capsule.control.delivery.deployments.errors import CapsuleBusy
from capsule.control.delivery.deployments.service import request_deployment
from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.delivery.releases.service import current_env, refresh_release, release_env
from capsule.control.site import Site
from capsule.control.workload.env.service import SYSTEM_KEYS, EnvService
from capsule.errors import Conflict
from capsule.kit.crypto import SecretBox
from capsule.models import Capsule, Deployment, Release

Config = Literal["restored", "kept"]

_OWN_CONFIG = (
    "cpu",
    "memory",
    "scale",
    "strategy",
    "health",
    "canary",
    "watch_seconds",
    "keep_warm_seconds",
    "network",
    "runtime_files",
)
"""Config of replicas that a release remembers and a capsule can be given back."""


class ReleaseGone(Conflict):
    """The release's files were removed to make room; only the newest are kept."""

    code, title = "release_gone", "Release is no longer kept"


class AlreadyLive(Conflict):
    code, title = "already_live", "Release is live already"


async def roll_back(
    db_session: AsyncSession,
    box: SecretBox,
    capsule: Capsule,
    release: Release,
    *,
    config: Config,
    is_kept: bool,
    requested_by: str,
) -> Deployment:
    """Deploy an earlier release; `config` says with which configuration.

    `restored`: the release as it was; the capsule's variables and limits become those of the release again.
    `kept`: the release's code with the present variables and limits, as a release of its own. What is being
    built is cancelled, since it would replace the release again. Release steps are not undone.
    Raises ReleaseGone, AlreadyLive, CapsuleBusy.
    """
    if capsule.removed_at is not None:
        raise CapsuleBusy(f"'{capsule.name}' is being removed.")
    if not is_kept:
        raise ReleaseGone(
            f"The files of release {release.number} were removed to make room.",
            hint="Deploy its commit again.",
        )
    if config == "restored":
        await _restore(db_session, box, capsule, release)
        wanted = release
    else:
        wanted = await refresh_release(db_session, box, capsule, release, made_by="rollback")
    if wanted.id == capsule.release_id and capsule.is_on:
        raise AlreadyLive(f"Release {wanted.number} is live already.", hint="Choose another release.")
    for build in await BuildRepository(db_session).with_status("queued", "running", capsule_id=capsule.id):
        if build.trigger != "serve":
            cancel_build(build)
    capsule.is_on = True
    return await request_deployment(
        db_session, capsule, wanted, trigger="rollback", requested_by=requested_by
    )


async def differences(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, release: Release
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return what `restored` would change: variable → `added`, `removed` or `changed`, and config
    `{"name", "then", "now"}`. Values of variables are not told."""
    then, present = _user_env(release_env(box, release)), await _present_env(db_session, box, capsule)
    variables = {
        key: "added" if key not in present else "removed" if key not in then else "changed"
        for key in sorted(then.keys() | present.keys())
        if then.get(key) != present.get(key)
    }
    live = await ReleaseRepository(db_session).get(capsule.release_id) if capsule.release_id else None
    now_config = live.config if live else {}
    config = [
        {"name": name, "then": release.config.get(name), "now": now_config.get(name)}
        for name in _OWN_CONFIG
        if release.config.get(name) != now_config.get(name)
    ]
    return variables, config


async def _restore(db_session: AsyncSession, box: SecretBox, capsule: Capsule, release: Release) -> None:
    await EnvService(db_session, box, Site()).replace(capsule, _user_env(release_env(box, release)))
    config = {key: value for key, value in capsule.config.items() if key not in _OWN_CONFIG}
    remembered = {name: release.config[name] for name in _OWN_CONFIG if release.config.get(name) is not None}
    capsule.config = {**config, **remembered}


async def _present_env(db_session: AsyncSession, box: SecretBox, capsule: Capsule) -> dict[str, str]:
    return _user_env(await current_env(db_session, box, capsule))


def _user_env(env: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key not in SYSTEM_KEYS}
