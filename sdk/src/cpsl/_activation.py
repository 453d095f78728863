"""Make accounts of secret forms usable by the programs and libraries that an app runs."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from ._integrations import INTEGRATION_AWS, INTEGRATION_TAILSCALE, IntegrationCredentials

if TYPE_CHECKING:
    from ._session import Session

log = logging.getLogger(__name__)

_AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_DEFAULT_REGION": "region",
}
_PROXY_VARIABLES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")

_exported: dict[str, dict[str, str]] = {}
"""What was put into the environment, by integration."""
_refused: dict[str, dict[str, str]] = {}
"""Fields that did not work when a turn started; later turns do not wait for them again."""


async def activate_integrations(session: Session) -> None:
    """Activate what the user has connected, and take back what is connected no longer.

    Called when a turn starts. An account that cannot be activated is logged: the message may not need it.
    """
    for kind in (INTEGRATION_AWS, INTEGRATION_TAILSCALE):
        credentials = session.integrations.get(kind)
        if not credentials:
            deactivate(kind)
            continue
        if credentials.fields == _refused.get(kind):
            continue
        try:
            await activate(kind, credentials)
        except RuntimeError as exc:
            _refused[kind] = dict(credentials.fields)
            log.warning("the %s account could not be activated: %s", kind, exc)


async def activate(kind: str, credentials: IntegrationCredentials) -> None:
    """Export what programs need of this account. Raises RuntimeError when Tailscale cannot be started."""
    if kind == INTEGRATION_AWS:
        fields = credentials.fields
        _export(kind, {name: fields[key] for name, key in _AWS_VARIABLES.items() if fields.get(key)})
    elif kind == INTEGRATION_TAILSCALE:
        import asyncio

        from . import _tailscale

        await asyncio.to_thread(_tailscale.join, dict(credentials.fields))
        _export(kind, dict.fromkeys(_PROXY_VARIABLES, f"socks5://localhost:{_tailscale.SOCKS_PORT}"))


def deactivate(kind: str) -> None:
    """Take back what `activate` exported."""
    _refused.pop(kind, None)
    _export(kind, {})
    if kind == INTEGRATION_TAILSCALE and f"{__package__}._tailscale" in sys.modules:
        from . import _tailscale

        _tailscale.leave()


def is_behind_proxy() -> bool:
    """Tell whether the proxy in the environment is the one of the user's Tailscale account."""
    return INTEGRATION_TAILSCALE in _exported


def _export(kind: str, variables: dict[str, str]) -> None:
    for name, value in _exported.pop(kind, {}).items():
        if name not in variables and os.environ.get(name) == value:
            del os.environ[name]
    os.environ.update(variables)
    if variables:
        _exported[kind] = variables
