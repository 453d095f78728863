"""The list of routers under `/api/v1`. A domain takes part by one line here."""

from fastapi import APIRouter

from capsule.api.system import router as system
from capsule.control.delivery.apps.agent import router as agent
from capsule.control.delivery.apps.endpoints import router as apps
from capsule.control.delivery.apps.integrations import router as integrations
from capsule.control.delivery.builds.endpoints import router as builds
from capsule.control.delivery.cron_jobs.endpoints import router as cron_jobs
from capsule.control.delivery.deployments.endpoints import router as deployments
from capsule.control.delivery.logs.endpoints import router as logs
from capsule.control.delivery.releases.endpoints import router as releases
from capsule.control.delivery.replicas.endpoints import router as replicas
from capsule.control.delivery.runs.endpoints import router as runs
from capsule.control.delivery.runtimes.endpoints import router as runtimes
from capsule.control.delivery.serves.endpoints import router as serves
from capsule.control.delivery.shells.endpoints import router as shells
from capsule.control.delivery.sources.connections.endpoints import router as git_connections
from capsule.control.delivery.sources.connections.signin_endpoints import router as git_sign_ins
from capsule.control.delivery.sources.endpoints import deploy_keys
from capsule.control.delivery.sources.endpoints import router as sources
from capsule.control.delivery.sources.gitapps.endpoints import router as git_apps
from capsule.control.delivery.sources.hooks.endpoints import router as hooks
from capsule.control.delivery.sources.hooks.installations import router as app_hooks
from capsule.control.delivery.sources.previews.endpoints import router as previews
from capsule.control.delivery.sources.push.endpoints import router as git
from capsule.control.delivery.uploads.endpoints import router as uploads
from capsule.control.identity.cli_logins.endpoints import router as cli_logins
from capsule.control.identity.logins.endpoints import router as logins
from capsule.control.identity.teams.endpoints import router as teams
from capsule.control.identity.tokens.endpoints import router as tokens
from capsule.control.workload.capsules.endpoints import router as capsules
from capsule.control.workload.env.endpoints import router as env
from capsule.control.workload.files.endpoints import router as files
from capsule.control.workload.secrets.endpoints import router as secrets
from capsule.control.workspace.spaces.endpoints import router as spaces

GIT_ROUTER: APIRouter = git
"""Not under `/api/v1`: its addresses are typed by people, and speak git's protocol."""

ROUTERS: tuple[APIRouter, ...] = (
    logins,
    tokens,
    cli_logins,
    teams,
    spaces,
    secrets,
    capsules,
    env,
    files,
    uploads,
    git_apps,
    git_connections,
    git_sign_ins,
    sources,
    deploy_keys,
    previews,
    hooks,
    app_hooks,
    builds,
    releases,
    deployments,
    replicas,
    runtimes,
    runs,
    cron_jobs,
    shells,
    logs,
    serves,
    apps,
    agent,
    integrations,
    system,
)
