"""Accounts of the user that the app works with: offer to connect one, ask for one, find one."""

from __future__ import annotations

from ._activation import activate
from ._checks import check_timeout
from ._errors import IntegrationDeclined, IntegrationTimeout, NotYetAvailable
from ._integrations import (
    MODE_PIPEDREAM,
    IntegrationConfig,
    IntegrationCredentials,
    IntegrationLike,
    display_name,
)
from ._integrations import integration_type as type_of
from ._session_prompts import PromptCalls


class AccountCalls(PromptCalls):
    """`session.prompt_integration` and its relatives."""

    def get_integration(self, integration: IntegrationLike) -> IntegrationCredentials | None:
        """Return the credentials of a connected account, or None."""
        return self.integrations.get(type_of(integration))

    async def show_integration(self, integration_type: str, *, reason: str = "") -> None:
        """Offer to connect an account, without waiting."""
        kind = type_of(integration_type)
        self._mode_of(kind)
        await self._put("integration_prompt", {"type": kind, "reason": str(reason), "blocking": False})

    async def prompt_integration(
        self,
        integration_type: str | IntegrationConfig,
        *,
        reason: str = "",
        message: str | None = None,
        timeout: float = 300.0,
    ) -> IntegrationCredentials:
        """Ask the user to connect an account and wait for it; one that is connected is returned at once.

        Raises IntegrationTimeout after `timeout` seconds, IntegrationDeclined when the user refuses, and
        ValueError for an integration that the app does not declare.
        """
        return await self._connected("prompt_integration()", integration_type, reason, message, timeout)

    async def require_integration(
        self,
        integration: IntegrationLike,
        *,
        reason: str = "",
        message: str | None = None,
        timeout: float = 300.0,
    ) -> IntegrationCredentials:
        """Return the connected account, or ask for it as `prompt_integration` does."""
        return await self._connected("require_integration()", integration, reason, message, timeout)

    async def _connected(
        self, call: str, integration: IntegrationLike, reason: str, message: str | None, timeout: float
    ) -> IntegrationCredentials:
        kind = type_of(integration)
        seconds = check_timeout(timeout, call)
        known = self.integrations.get(kind)
        if not await self._was_connected(kind, bool(known)):
            await self._prompt_for(kind, str(reason), message, seconds)
            known = None
        if not known:
            known = await self._fetched(kind)
            self.integrations[kind] = known
        await activate(kind, known)
        return known

    async def _was_connected(self, kind: str, is_connected: bool) -> bool:
        """Return whether the account is connected, or was when this turn was first run.

        Else a turn that is run again because it was cut off after the user had connected the account would
        go another way than before.
        """

        async def look() -> bool:
            return is_connected

        backend = self._backend
        return is_connected if backend is None else bool(await backend.record(f"connected {kind}", look))

    async def _prompt_for(self, kind: str, reason: str, message: str | None, timeout: float) -> None:
        """Ask for an account; returns when it is connected."""
        mode = self._mode_of(kind)
        name = display_name(kind)
        if self._backend is None:
            raise IntegrationDeclined(f"Nobody is there to connect a {name} account.")
        if mode == MODE_PIPEDREAM:
            raise NotYetAvailable(f"Connecting a {name} account through Pipedream")
        said = reason if message is None else str(message)
        if said.strip():
            await self.reply(said)
        payload = {"type": kind, "reason": "" if reason in said else reason, "mode": mode}
        answer = await self._ask(self._backend, "integration", payload, timeout)
        if answer["status"] == "timed_out":
            raise IntegrationTimeout(f"No {name} account was connected within {timeout:g} seconds.")
        if answer["status"] != "answered":
            raise IntegrationDeclined(f"The person chose not to connect a {name} account.")

    async def _fetched(self, kind: str) -> IntegrationCredentials:
        state = None if self._backend is None else await self._backend.credentials(kind)
        if state is None:
            raise IntegrationDeclined(f"The {display_name(kind)} account was disconnected again.")
        return IntegrationCredentials(
            state["access_token"],
            state["token_type"],
            list(state["scopes"]),
            state["expires_at"],
            dict(state["fields"]),
        )

    def _mode_of(self, kind: str) -> str:
        """Return how an account of this type is connected; ValueError for one that is not declared."""
        mode = self._integration_modes.get(kind)
        if mode is None:
            declared = ", ".join(sorted(self._integration_modes)) or "none"
            raise ValueError(
                f"The app does not declare the integration {kind!r}; declared are: {declared}."
                f" Add app.add_integration({kind!r}, ...)."
            )
        return mode
