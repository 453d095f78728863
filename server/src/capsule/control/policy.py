"""Decide who may do what: one table of actions, one function that asks it. Knows no HTTP and no query.

A resource belongs to a team. Somebody outside that team learns nothing about it: the answer is NotFound,
the same as for a name that was never given. Inside, the role decides. The administrator of the
installation has powers over the installation, not over other teams' capsules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from capsule.errors import Forbidden, NotFound, PlatformError, Unauthenticated
from capsule.models import User


class Role(StrEnum):
    """What a caller is towards a resource; a caller can be several at once."""

    anonymous = "anonymous"
    user = "user"
    """Signed in, whatever the team."""
    member = "member"
    owner = "owner"
    admin = "admin"
    """Administrator of the installation."""


class Action(StrEnum):
    """`<kind>.<verb>`; the verbs of a kind are what a record lists under `can`."""

    profile_read = "profile.read"
    token_list = "token.list"
    token_create = "token.create"
    token_delete = "token.delete"
    cli_login_read = "cli_login.read"
    cli_login_approve = "cli_login.approve"
    system_read = "system.read"

    team_list = "team.list"
    team_read = "team.read"
    space_list = "space.list"
    space_create = "space.create"
    space_read = "space.read"
    space_update = "space.update"
    space_delete = "space.delete"

    capsule_list = "capsule.list"
    capsule_create = "capsule.create"
    capsule_read = "capsule.read"
    capsule_update = "capsule.update"
    capsule_delete = "capsule.delete"
    capsule_start = "capsule.start"
    capsule_stop = "capsule.stop"
    capsule_restart = "capsule.restart"
    capsule_deploy = "capsule.deploy"
    env_read = "env.read"
    env_update = "env.update"
    secret_list = "secret.list"
    secret_set = "secret.set"
    secret_delete = "secret.delete"
    file_read = "file.read"
    file_write = "file.write"
    file_delete = "file.delete"

    upload_create = "upload.create"
    plan_create = "plan.create"
    build_read = "build.read"
    build_cancel = "build.cancel"
    release_read = "release.read"
    release_roll_back = "release.roll_back"
    deployment_read = "deployment.read"
    deployment_cancel = "deployment.cancel"
    run_create = "run.create"
    run_read = "run.read"
    run_cancel = "run.cancel"
    shell_open = "shell.open"
    cron_job_read = "cron_job.read"
    cron_job_create = "cron_job.create"
    cron_job_update = "cron_job.update"
    cron_job_delete = "cron_job.delete"
    preview_create = "preview.create"
    source_read = "source.read"
    source_update = "source.update"
    deploy_key_create = "deploy_key.create"
    git_connection_list = "git_connection.list"
    git_connection_create = "git_connection.create"
    git_connection_read = "git_connection.read"
    git_connection_delete = "git_connection.delete"
    git_connection_sign_in = "git_connection.sign_in"
    git_sign_in_finish = "git_sign_in.finish"
    git_app_list = "git_app.list"
    git_app_create = "git_app.create"
    git_app_update = "git_app.update"
    git_app_delete = "git_app.delete"
    replica_read = "replica.read"
    runtime_read = "runtime.read"
    runtime_stop = "runtime.stop"
    runtime_clear = "runtime.clear"
    log_read = "log.read"
    access_log_read = "access_log.read"
    serve_create = "serve.create"
    serve_read = "serve.read"
    serve_update = "serve.update"
    serve_delete = "serve.delete"
    app_list = "app.list"
    app_chat = "app.chat"

    @property
    def kind(self) -> str:
        return self.value.partition(".")[0]

    @property
    def verb(self) -> str:
        return self.value.partition(".")[2]


_SIGNED_IN = frozenset({Role.user})
_MEMBERS = frozenset({Role.member, Role.owner})
_OWNERS = frozenset({Role.owner})
_ADMINS = frozenset({Role.admin})

_FOR_SIGNED_IN = {
    Action.profile_read,
    Action.token_list,
    Action.token_create,
    Action.token_delete,
    Action.cli_login_read,
    Action.cli_login_approve,
    Action.system_read,
    Action.team_list,
    Action.space_list,
    Action.capsule_list,
    Action.app_list,
    Action.git_app_list,
    Action.git_sign_in_finish,
}
_FOR_OWNERS = {Action.space_delete}
_FOR_ADMINS = {Action.git_app_create, Action.git_app_update, Action.git_app_delete}

RULES: Mapping[Action, frozenset[Role]] = {
    action: _SIGNED_IN
    if action in _FOR_SIGNED_IN
    else _OWNERS
    if action in _FOR_OWNERS
    else _ADMINS
    if action in _FOR_ADMINS
    else _MEMBERS
    for action in Action
}
"""Who may do what. An action that is not listed above is for the members of the resource's team."""

BROWSER_ONLY = frozenset({Action.cli_login_approve, Action.git_connection_sign_in, Action.git_sign_in_finish})
"""A token must not be able to let another command line in: that one's token would not end with it. A sign-in
at a git host belongs to the browser in which it was begun."""


class BrowserNeeded(Forbidden):
    code, title = "browser_needed", "Sign in with a browser"


@dataclass(frozen=True)
class Actor:
    """Who calls, found out once per request."""

    user: User
    via: Literal["login", "token"]
    credential_id: str
    """Id of the login or of the token."""
    memberships: Mapping[str, str] = field(default_factory=dict)
    """Team id → `owner` or `member`."""

    @property
    def team_ids(self) -> frozenset[str]:
        """Teams whose records this caller sees; every list is filtered by it."""
        return frozenset(self.memberships)

    def roles(self, team_id: str | None = None) -> frozenset[Role]:
        roles = {Role.user}
        if self.user.is_admin:
            roles.add(Role.admin)
        if team_id is not None and team_id in self.memberships:
            roles.add(Role(self.memberships[team_id]))
        return frozenset(roles)


def authorize(
    actor: Actor | None,
    action: Action,
    *,
    team_id: str | None = None,
    missing: PlatformError | None = None,
) -> None:
    """Return when `actor` may do `action` on a resource of the team, else raise.

    Raises Unauthenticated without a caller, `missing` (NotFound) when the team is foreign, Forbidden when
    the role does not suffice.
    """
    if actor is None:
        raise Unauthenticated("This needs a signed-in user.", hint="capsule login")
    if team_id is not None and team_id not in actor.memberships:
        raise missing or NotFound("There is nothing by that name.")
    if not RULES[action] & actor.roles(team_id):
        raise Forbidden(f"Your role does not allow {action.kind.replace('_', ' ')} {action.verb}.")
    if action in BROWSER_ONLY and actor.via != "login":
        raise BrowserNeeded(
            "A token cannot do this; it needs a person signed in with a browser.",
            hint="Open the console and sign in.",
        )


def can(actor: Actor, kind: str, team_id: str) -> list[str]:
    """List the verbs that `actor` may use on records of this kind, for `can: [...]`."""
    roles = actor.roles(team_id)
    return [
        action.verb
        for action, allowed in RULES.items()
        if action.kind == kind and action.verb not in {"list", "create"} and allowed & roles
    ]
