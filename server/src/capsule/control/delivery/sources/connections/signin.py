"""Sign-ins at git hosts: begun with a state that only this user in this browser can use, once.

A GitHub App is registered on the same way: the administrator goes to the host, and comes back with a code.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from capsule.apps.connections import oauth
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.service import host_of, is_private_host, new_connection
from capsule.control.delivery.sources.connections.states import SignInFailed, States
from capsule.control.delivery.sources.connections.tokens import Renewed, ends_at, put_tokens
from capsule.control.delivery.sources.gitapps.github import (
    GitHubUser,
    Installation,
    convert,
    reach,
)
from capsule.control.delivery.sources.gitapps.oauth import LABELS, calling, scopes_of
from capsule.control.delivery.sources.gitapps.service import AppSecrets, GitAppService, OpenApp
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.policy import Action, Actor, authorize
from capsule.control.site import Site
from capsule.db import Database
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.models import GitApp, GitConnection, GitSignIn

log = logging.getLogger(__name__)


class SignInDenied(SignInFailed):
    """The user said no at the host."""

    code, title = "git_sign_in_denied", "Not allowed at the git host"


@dataclass(frozen=True)
class Return:
    """What the host sent the browser back with."""

    state: str
    code: str = field(default="", repr=False)
    error: str = ""
    error_description: str = ""
    installation_id: str = ""
    setup_action: str = ""


@dataclass(frozen=True)
class Finished:
    outcome: Literal["registered", "connected", "choose", "requested"]
    connection: GitConnection | None = None
    app: GitApp | None = None
    installations: Sequence[Installation] = ()
    state: str = field(default="", repr=False)
    """For the choice among `installations`."""


class SignIns:
    """Works in sessions of its own, since it waits for hosts."""

    def __init__(self, database: Database, box: SecretBox, options: GitOptions, site: Site) -> None:
        self._database = database
        self._box = box
        self._options = options
        self._back = f"{site.url()}/git/return"
        self._states = States(database, box)

    async def begin(
        self, actor: Actor, team_id: str, app_id: str, *, connection_id: str | None, install: bool
    ) -> str:
        """Return the host's address to send the user to.

        With `install` a GitHub App is installed on the way; without, its installations are chosen from.
        Raises GitAppNotFound.
        """
        verifier = oauth.new_verifier()
        async with self._database.unit_of_work() as db_session:
            service = GitAppService(db_session, self._box)
            app = service.open(await service.get(app_id), self._options)
            install = install and app.kind == "github"
            # The page where an app is installed takes no challenge.
            secret = "" if install else verifier
            state = await self._states.begin(
                db_session,
                actor,
                "authorize",
                secret,
                team_id=team_id,
                app_id=app_id,
                connection_id=connection_id,
            )
        if install:
            return f"{app.page}/installations/new?state={state}"
        scopes = scopes_of(app.kind)
        return oauth.authorize_url(app.provider, app.client, scopes, self._back, state, verifier)

    async def begin_registration(self, actor: Actor, url: str, app_id: str) -> str:
        """Return the state with which GitHub sends the new app's code back. Raises GitAppExists."""
        async with self._database.unit_of_work() as db_session:
            await GitAppService(db_session, self._box).check_free(url)
            return await self._states.begin(db_session, actor, "register", app_id, url=url)

    async def finish(self, actor: Actor, back: Return) -> Finished:
        """Take up what a sign-in came back with.

        Raises SignInUnknown, SignInDenied, SignInFailed, InstallationRefused, HostUnavailable and others.
        """
        begun = await self._states.claim(actor, back.state, ("register", "authorize"))
        if begun.kind == "register":
            authorize(actor, Action.git_app_create)
        else:
            authorize(actor, Action.git_connection_sign_in, team_id=begun.team_id)
        if back.error == "access_denied":
            raise SignInDenied(
                "You did not allow the access at the host. Nothing was connected.", hint="Try again."
            )
        if back.setup_action == "request" and not back.installation_id:
            return Finished("requested")
        if back.error or not back.code:
            raise SignInFailed(
                f"The host did not let you sign in: {_printable(back) or 'it sent no code'}.",
                hint="Try again.",
            )
        if begun.kind == "register":
            return await self._register(begun, back.code)
        app = await self._app(begun)
        token = await self._exchange(app, begun, back)
        if app.kind == "github":
            return await self._at_github(actor, begun, app, token.access_token, back.installation_id)
        account = await host_of(app.kind, app.url, token.access_token, self._options).account()
        renewed = Renewed(token.access_token, ends_at(now(), token.expires_in), token.refresh_token)
        connection = await self._keep(begun, app, account, renewed=renewed)
        return Finished("connected", connection)

    async def choose(self, actor: Actor, state: str, installation_id: str) -> Finished:
        """Connect one of the installations that `finish` named.

        Raises SignInUnknown, InstallationRefused and others.
        """
        begun = await self._states.claim(actor, state, ("choose",))
        authorize(actor, Action.git_connection_sign_in, team_id=begun.team_id)
        app = await self._app(begun)
        return await self._at_github(actor, begun, app, self._states.secret(begun), installation_id)

    async def _at_github(
        self, actor: Actor, begun: GitSignIn, app: OpenApp, token: str, installation_id: str
    ) -> Finished:
        user = GitHubUser(app.url, token, allow_private=app.is_private)
        if not installation_id:
            found = await user.installations()
            async with self._database.unit_of_work() as db_session:
                state = await self._states.begin(
                    db_session,
                    actor,
                    "choose",
                    token,
                    team_id=begun.team_id,
                    app_id=app.id,
                    connection_id=begun.connection_id,
                )
            return Finished("choose", installations=found, state=state)
        try:
            # Anybody can put a number into the address: only the host knows whose installation it is.
            installation = await user.installation(installation_id)
            repositories = await reach(app.github, user, installation.id)
        finally:
            await _give_back(app, token)
        connection = await self._keep(
            begun, app, installation.account, installation=installation, repositories=repositories
        )
        return Finished("connected", connection)

    async def _keep(
        self,
        begun: GitSignIn,
        app: OpenApp,
        account: str,
        *,
        renewed: Renewed | None = None,
        installation: Installation | None = None,
        repositories: list[int] | None = None,
    ) -> GitConnection:
        """Make the team's connection, or let the one that it has work again. Raises SignInFailed."""
        team_id = str(begun.team_id)
        async with self._database.unit_of_work() as db_session:
            repository = SourceRepository(db_session)
            connection = None
            if begun.connection_id:
                connection = await repository.connection(begun.connection_id, team_id)
                if connection is not None and (connection.url, connection.account) != (app.url, account):
                    raise SignInFailed(
                        f"You signed in as {account}; the connection is that of {connection.account}.",
                        hint=f"Sign in at {app.url} as {connection.account}, or connect {account} anew.",
                    )
            if connection is None:
                connection = await repository.connection_to(
                    team_id, url=app.url, account=account, app_id=app.id
                )
            if connection is None:
                connection = new_connection(team_id, provider=app.kind, url=app.url, account=account)
                db_session.add(connection)
            connection.app_id = app.id
            if installation is not None:
                connection.installation_id = installation.id
                connection.repository_ids = repositories
                # The next who needs one gets it, for what may be reached now.
                connection.token, connection.expires_at, connection.refresh_token = "", None, None
                connection.status, connection.problem = "connected", None
            if renewed is not None:
                put_tokens(connection, renewed, self._box)
            await db_session.flush()
        return connection

    async def _register(self, begun: GitSignIn, code: str) -> Finished:
        made = await convert(begun.url, code, allow_private=is_private_host(begun.url, self._options))
        async with self._database.unit_of_work() as db_session:
            app = await GitAppService(db_session, self._box).add(
                provider="github",
                url=begun.url,
                name=made.name,
                client_id=made.client_id,
                secrets=AppSecrets(made.client_secret, made.private_key, made.webhook_secret),
                number=made.number,
                page=made.page,
                app_id=self._states.secret(begun),
            )
        return Finished("registered", app=app)

    async def _exchange(self, app: OpenApp, begun: GitSignIn, back: Return) -> oauth.Token:
        verifier = self._states.secret(begun)
        async with calling() as calls:
            return await oauth.exchange(calls, app.provider, app.client, back.code, self._back, verifier)

    async def _app(self, begun: GitSignIn) -> OpenApp:
        async with self._database.reading() as db_session:
            service = GitAppService(db_session, self._box)
            return service.open(await service.get(begun.app_id or ""), self._options)


async def _give_back(app: OpenApp, token: str) -> None:
    """Let the user's token end: it was needed to see what is theirs, and nothing of it is kept."""
    try:
        async with calling() as calls:
            await oauth.revoke(calls, app.provider, app.client, token, "")
    except PlatformError as exc:
        log.warning("a token of %s could not be given back: %s", LABELS[app.kind], exc.detail)


def _printable(back: Return) -> str:
    words = (back.error_description or back.error)[:200]
    return "".join(letter for letter in words if letter.isprintable()).strip().rstrip(".")
