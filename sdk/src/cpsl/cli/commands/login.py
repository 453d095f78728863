"""`capsule login|logout|whoami`: say who calls which installation."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli.command import Command, pass_invocation, with_json, with_server
from cpsl.cli.invocation import Invocation

if TYPE_CHECKING:
    from cpsl.cli.api import Api, Record

POLL_SECONDS = 2.0
WAIT_SECONDS = 300.0
DEFAULT_URL = "http://localhost:8080"


@click.command(cls=Command)
@click.option(
    "-e", "--email", metavar="EMAIL", help="Log in with e-mail and password instead of the browser."
)
@click.option("-p", "--password", metavar="PASSWORD", help="Password; asked for when missing.")
@click.option("--host", metavar="HOST", help="Host of the installation, instead of --server.")
@click.option(
    "--port", type=int, metavar="PORT", help="Port of the installation, with --host.  [default: 8080]"
)
@click.option("--http-port", type=int, metavar="PORT", help="The same as --port.", hidden=True)
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@with_json
@with_server
@pass_invocation
def login(
    invocation: Invocation,
    email: str | None,
    password: str | None,
    host: str | None,
    port: int | None,
    http_port: int | None,
    no_browser: bool,
) -> None:
    """Log in to an installation, by browser or by e-mail."""
    from cpsl import _config
    from cpsl.cli import memory

    url = _server_url(invocation, host, http_port or port)
    out, api = invocation.out, invocation.connect(url)
    if invocation.token:
        token = invocation.token
    elif email or password:
        email = email or str(click.prompt("E-mail", err=True))
        password = password or str(click.prompt("Password", hide_input=True, err=True))
        made = api.post("/auth/token", {"email": email, "password": password, "name": _token_name()})
        token = str(made["token"])
    else:
        token = str(_by_browser(invocation, api, no_browser=no_browser)["token"])
    logged_in = invocation.connect(url, token)
    me = logged_in.get("/auth/me")
    _config.save(_config.Login(url, token))
    memory.remember(url, token_id=_own_token(logged_in, invocation.token))
    invocation.server, invocation.token = url, token
    out.record(
        {"server": url, **me},
        [("Logged in as", me["user"]["email"]), ("Installation", url), ("Space", _space_name(invocation))],
    )


@click.command(cls=Command)
@with_server
@pass_invocation
def logout(invocation: Invocation) -> None:
    """Forget the saved login and end it on the server."""
    from cpsl import _config
    from cpsl.cli import memory

    saved = _config.load_saved()
    if saved is None:
        invocation.out.line("You were not logged in.")
        return
    token_id = memory.recall(saved.url, "token_id")
    try:
        if token_id is not None:
            invocation.connect(saved.url, saved.token).delete(f"/auth/tokens/{token_id}")
    except CapsuleError as error:
        # The login is forgotten here all the same.
        if not isinstance(error, ApiError) or error.status not in (401, 404):
            invocation.out.notice(f"The token could not be ended on the server: {error.detail}")
    _config.forget()
    memory.remember(saved.url, token_id=None)
    invocation.out.success(f"Logged out of {saved.url}.")
    if _config.load_local() is not None:
        invocation.out.line("Commands now mean the installation on this machine.", dim=True)


@click.command(cls=Command)
@with_json
@with_server
@pass_invocation
def whoami(invocation: Invocation) -> None:
    """Show who you are, where, and in which space."""
    login, me = invocation.login, invocation.api.get("/auth/me")
    teams = ", ".join(f"{team['name']} ({team['role']})" for team in me.get("teams", []))
    server = me.get("server") or {}
    invocation.out.record(
        {**me, "server_url": login.url, "login": login.origin},
        [
            ("User", me["user"]["email"] + (" (admin)" if me["user"].get("is_admin") else "")),
            ("Name", me["user"].get("name")),
            ("Teams", teams),
            ("Space", _space_name(invocation)),
            (
                "Installation",
                login.url + (f"  (version {server['version']})" if server.get("version") else ""),
            ),
            ("Known from", _ORIGINS.get(login.origin, login.origin)),
        ],
    )


_ORIGINS = {
    "argument": "--server",
    "environment": "environment variables",
    "saved": "capsule login",
    "local": "the installation on this machine",
}


def _own_token(api: Api, given: str | None) -> str | None:
    """Return the id of the token made just now, so that logout can end it; None for one given by hand."""
    if given is not None:
        return None
    tokens = api.items("/auth/tokens")
    newest = max(tokens, key=lambda token: str(token["created_at"]), default=None)
    return str(newest["id"]) if newest else None


def _by_browser(invocation: Invocation, api: Api, *, no_browser: bool) -> Record:
    import socket

    from cpsl.cli.api import segment

    out = invocation.out
    asked: Record = api.post("/auth/cli-logins", {"host_name": socket.gethostname()})
    url = str(asked["url"])
    if url.startswith("/"):
        url = api.url + url
    out.line(f"Open this page and confirm the code {click.style(str(asked['code']), bold=True)}:")
    out.line(f"  {url}")
    if not no_browser and _has_browser():
        import webbrowser

        webbrowser.open(url)
    deadline = time.monotonic() + WAIT_SECONDS
    with out.progress() as progress:
        progress.step("Waiting for the confirmation in the browser")
        while time.monotonic() < deadline:
            try:
                answer: Record = api.post(
                    f"/auth/cli-logins/{segment(str(asked['id']))}/poll",
                    {"poll_secret": asked["poll_secret"]},
                )
            except ApiError as error:
                if error.status == 410:
                    break
                raise
            if answer["status"] == "approved":
                return answer
            time.sleep(POLL_SECONDS)
    raise CapsuleError(
        "Nobody confirmed the login in time.",
        code="login_expired",
        hint="Run the command again: capsule login",
    )


def _has_browser() -> bool:
    """Whether opening a page can work; text browsers would take over the terminal."""
    if os.name == "posix" and os.uname().sysname == "Linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def _server_url(invocation: Invocation, host: str | None, port: int | None) -> str:
    from cpsl import _config

    if host:
        if "://" in host or (port is None and ":" in host):
            return _config.clean_url(host)
        scheme = "https" if port == 443 else "http"
        return f"{scheme}://{host}" + ("" if port in (80, 443) else f":{port or 8080}")
    named = invocation.server or os.environ.get("CAPSULE_URL") or os.environ.get("CAPSULE_HTTP_URL")
    if named:
        return _config.clean_url(named)
    if port:
        return f"http://localhost:{port}"
    known = _config.load_local() or _config.load_saved()
    return known.url if known else DEFAULT_URL


def _token_name() -> str:
    import socket

    return f"capsule CLI on {socket.gethostname()}"


def _space_name(invocation: Invocation) -> str:
    try:
        return str(invocation.current_space["slug"])
    except CapsuleError:
        return ""
