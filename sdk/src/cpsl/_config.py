"""Turn arguments, environment variables and the saved login into one server address and token.

Order: argument, environment (`CAPSULE_URL`, `CAPSULE_HTTP_URL`, `CAPSULE_TOKEN`), the login saved by
`capsule login`, and last the installation of this operating-system user on this machine.
"""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECTION = "default"


@dataclass(frozen=True)
class Login:
    """Where the platform is, who calls it, and which space commands mean."""

    url: str
    token: str
    space: str | None = None
    origin: str = "saved"
    """`argument`, `environment`, `saved` or `local`: where the address came from."""


def config_path(env: Mapping[str, str] | None = None) -> Path:
    """Return the file of the saved login: `CONFIG_PATH`, else `~/.capsule/config.ini`."""
    env = os.environ if env is None else env
    named = env.get("CONFIG_PATH")
    return Path(named).expanduser() if named else Path.home() / ".capsule" / "config.ini"


def local_login_path(env: Mapping[str, str] | None = None) -> Path:
    """Return the file in which a local installation leaves its address and a token."""
    env = os.environ if env is None else env
    data = env.get("CAPSULE_DATA")
    root = Path(data).expanduser() if data else Path.home() / ".capsule"
    return root / "run" / "cli.json"


def load_saved(env: Mapping[str, str] | None = None) -> Login | None:
    """Read the saved login, or None when there is none (or it is incomplete)."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(config_path(env), encoding="utf-8")
    except configparser.Error:
        return None
    if not parser.has_section(SECTION):
        return None
    section = parser[SECTION]
    url, token = section.get("url", "").strip(), section.get("token", "").strip()
    if not url or not token:
        return None
    return Login(clean_url(url), token, section.get("space", "").strip() or None)


def load_local(env: Mapping[str, str] | None = None) -> Login | None:
    """Read the login left by the installation in this user's data folder, or None."""
    try:
        found = json.loads(local_login_path(env).read_text(encoding="utf-8"))
        return Login(clean_url(found["url"]), str(found["token"]), origin="local")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(login: Login, env: Mapping[str, str] | None = None) -> Path:
    """Write the login (mode 0600) and return the file. Other sections and keys stay."""
    path = config_path(env)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except configparser.Error:
        parser = configparser.ConfigParser(interpolation=None)
    if not parser.has_section(SECTION):
        parser.add_section(SECTION)
    section = parser[SECTION]
    section["url"], section["token"] = login.url, login.token
    if login.space:
        section["space"] = login.space
    else:
        section.pop("space", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        parser.write(file)
    fresh.replace(path)
    return path


def forget(env: Mapping[str, str] | None = None) -> bool:
    """Remove the saved login; return whether there was one."""
    path = config_path(env)
    if load_saved(env) is None:
        return False
    path.unlink(missing_ok=True)
    return True


def resolve(
    *, url: str | None = None, token: str | None = None, env: Mapping[str, str] | None = None
) -> Login | None:
    """Return the login to use, or None when no address or no token is known.

    A saved or local token is only used with the address it belongs to, so that naming another server
    never sends it a foreign token.
    """
    env = os.environ if env is None else env
    named = url or env.get("CAPSULE_URL") or env.get("CAPSULE_HTTP_URL")
    named = clean_url(named) if named else None
    given_token = token or env.get("CAPSULE_TOKEN")
    known = [login for login in (load_saved(env), load_local(env)) if login is not None]
    origin = "argument" if url else "environment"
    if named is None:
        if not known:
            return None
        first = known[0]
        return first if given_token is None else Login(first.url, given_token, first.space, first.origin)
    match = next((login for login in known if login.url == named), None)
    if given_token is not None:
        return Login(named, given_token, match.space if match else None, origin)
    return None if match is None else Login(named, match.token, match.space, origin)


def clean_url(url: str) -> str:
    """Return `url` with a scheme and without a trailing slash; `localhost:8080` means plain HTTP."""
    url = url.strip().rstrip("/")
    return url if "://" in url else f"http://{url}"
