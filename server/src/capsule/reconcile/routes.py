"""Say which route of the edge and which entry of the app host a capsule should have. Pure: calls nothing."""

from collections.abc import Mapping
from typing import Any

from capsule.apps.contract import AppState, HostedApp
from capsule.control.workload.capsules.access import access_policy
from capsule.control.workload.capsules.schemas import DEFAULT_KEEP_WARM_SECONDS, DEFAULT_MEMORY
from capsule.edge.contract import Probe, Route, RouteState, Upstream
from capsule.models import Capsule
from capsule.reconcile.platform import Platform
from capsule.reconcile.rules import Rules


def deploy_route_id(capsule_id: str) -> str:
    return capsule_id


def serve_route_id(capsule_id: str) -> str:
    return f"{capsule_id}:serve"


def capsule_route(
    platform: Platform,
    capsule: Capsule,
    state: RouteState,
    *,
    upstreams: tuple[Upstream, ...] = (),
    reason: str = "",
    environment: str = "deploy",
) -> Route:
    return Route(
        id=serve_route_id(capsule.id) if environment == "serve" else deploy_route_id(capsule.id),
        hosts=(_host(platform, capsule, environment).lower(),),
        name=capsule.name,
        capsule_id=capsule.id,
        state=state,
        # In one order, however they were found, so that equal routes are equal.
        upstreams=tuple(sorted(upstreams, key=lambda upstream: upstream.id)),
        reason=reason,
        # What its developer serves is theirs to show.
        is_public=environment == "serve" or capsule.config.get("public_access") is not False,
    )


def app_host_upstream(platform: Platform) -> Upstream:
    """Return the one upstream of every app: the app host, which finds the runtime itself."""
    return Upstream(id="apps", address=f"unix:{platform.paths.apps_socket}")


def upstream_of(platform: Platform, capsule: Capsule, replica_id: str, address: str) -> Upstream:
    if capsule.type == "app":
        return app_host_upstream(platform)
    return Upstream(id=replica_id, address=address)


def probe_of(platform: Platform, rules: Rules) -> Probe:
    seconds = rules.answer_seconds or platform.pace.answer
    return Probe(path=rules.probe_path, good_below=rules.good_below, timeout_seconds=seconds)


def no_requests_route(platform: Platform, capsule: Capsule) -> Route:
    """Return the route of a capsule that runs but has no `web` process."""
    return capsule_route(
        platform, capsule, RouteState.stopped, reason=f"{capsule.name} runs, but takes no requests."
    )


def hosted_app(
    platform: Platform,
    capsule: Capsule,
    *,
    environment: str,
    version: str,
    state: AppState,
    replica_id: str | None = None,
    manifest: dict[str, object] | None = None,
    config: Mapping[str, Any] | None = None,
    reason: str = "",
) -> HostedApp:
    """Return an app as the app host should have it; `config` is that of its release."""
    settings = config or {}
    paths = platform.paths
    keep_warm = settings.get("keep_warm_seconds")
    return HostedApp(
        capsule_id=capsule.id,
        environment=environment,
        name=capsule.name,
        release=version,
        state=state,
        replica_id=replica_id,
        manifest=manifest or {},
        reason=reason,
        keep_warm_seconds=float(DEFAULT_KEEP_WARM_SECONDS if keep_warm is None else keep_warm),
        memory=int(settings.get("memory") or DEFAULT_MEMORY),
        # The capsule's own, not the release's: it holds at once.
        access=access_policy(capsule.config.get("access")),
        url=platform.site.url(_host(platform, capsule, environment)),
        mounts={
            mount["target"]: str(paths.storage(mount["storage_id"])) for mount in settings.get("mounts") or ()
        },
    )


def _host(platform: Platform, capsule: Capsule, environment: str) -> str:
    site = platform.site
    return site.serve_host(capsule.slug) if environment == "serve" else site.host(capsule.slug)
