"""Questions that wait for the user: approval, a file, a connected account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._errors import NotYetAvailable
from ._integrations import (
    IntegrationConfig,
    IntegrationCredentials,
    IntegrationLike,
    integration_type,
)
from ._messages import FileUpload


class PromptCalls:
    """`session.prompt_*`. What is connected already is returned at once; asking comes later."""

    if TYPE_CHECKING:
        integrations: dict[str, IntegrationCredentials]

    async def prompt_approval(
        self,
        message: str,
        *,
        approve_label: str = "Approve",
        reject_label: str = "Reject",
        timeout: float = 300.0,
    ) -> bool:
        """Ask for a yes or no; True only on approval."""
        raise NotYetAvailable("Asking for approval in the chat")

    async def prompt_file(
        self,
        *,
        message: str = "Please upload a file",
        accept: str = "",
        path: str | None = None,
        timeout: float = 300.0,
    ) -> FileUpload:
        """Ask for a file; with `path`, put it there."""
        raise NotYetAvailable("Uploading a file in the chat")

    async def prompt_integration(
        self,
        integration_type: str | IntegrationConfig,
        *,
        reason: str = "",
        message: str | None = None,
        timeout: float = 300.0,
    ) -> IntegrationCredentials:
        """Ask the user to connect an account and wait for it."""
        return await self.require_integration(
            integration_type, reason=reason, message=message, timeout=timeout
        )

    async def require_integration(
        self,
        integration: IntegrationLike,
        *,
        reason: str = "",
        message: str | None = None,
        timeout: float = 300.0,
    ) -> IntegrationCredentials:
        """Return the connected account, or ask for it."""
        kind = integration_type(integration)
        known = self.integrations.get(kind)
        if known:
            return known
        raise NotYetAvailable(f"Connecting a {kind} account")
