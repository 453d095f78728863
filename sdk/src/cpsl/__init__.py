"""The Capsule SDK: what app authors import.

import cpsl

app = cpsl.App(name="hello", image=cpsl.Image())

@app.message()
async def handle(session: cpsl.Session, msg: cpsl.Message):
    await session.reply(f"You said: {msg.text}")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import ui
    from ._ambient import current_session
    from ._app import App
    from ._blocks import Block
    from ._channels import API, Channel, ChannelRef, Chat, Slack, Telegram, WhatsApp
    from ._client import AsyncClient, Client
    from ._collections import CollectionManager, CollectionRef, DynamicCollection
    from ._context import HomeContext, RequestContext, pipedream
    from ._errors import FileUploadTimeout, IntegrationDeclined, IntegrationTimeout, NotYetAvailable
    from ._files import FileSystem, file
    from ._home import Suggestion
    from ._identity import SessionChannel, UserInfo
    from ._image import Image
    from ._integrations import (
        AWS,
        INTEGRATION_AWS,
        INTEGRATION_GCAL,
        INTEGRATION_GDRIVE,
        INTEGRATION_GITHUB,
        INTEGRATION_GMAIL,
        INTEGRATION_GOOGLE,
        INTEGRATION_LINEAR,
        INTEGRATION_OUTLOOK,
        INTEGRATION_TAILSCALE,
        GitHub,
        Gmail,
        Google,
        GoogleCalendar,
        GoogleDrive,
        Integration,
        IntegrationConfig,
        IntegrationCredentials,
        Linear,
        Outlook,
        Tailscale,
    )
    from ._marks import action, asgi, boot, endpoint, enter, exit, message, schedule, shutdown, task
    from ._media import SessionMedia
    from ._messages import Attachment, Event, FileUpload, Message
    from ._pages import PageRef
    from ._pipedream import Pipedream, PipedreamProxyResponse, PipedreamProxySession
    from ._reply import ReplyStream
    from ._schema import Column
    from ._secrets import Secret
    from ._session import Session
    from ._tasks import TaskDescriptor, TaskHandle
    from ._terminal import Terminal, TerminalBlock, TerminalResult
    from ._theme import PRESETS, PresetName, Radius, Theme, resolve_theme
    from ._types import PRICING_MONTHLY, PRICING_ONE_TIME, PricingType
    from ._workflow import Workflow, WorkflowInput

__version__ = "0.1.0"

__all__ = [
    "API",
    "AWS",
    "INTEGRATION_AWS",
    "INTEGRATION_GCAL",
    "INTEGRATION_GDRIVE",
    "INTEGRATION_GITHUB",
    "INTEGRATION_GMAIL",
    "INTEGRATION_GOOGLE",
    "INTEGRATION_LINEAR",
    "INTEGRATION_OUTLOOK",
    "INTEGRATION_TAILSCALE",
    "PRESETS",
    "PRICING_MONTHLY",
    "PRICING_ONE_TIME",
    "App",
    "AsyncClient",
    "Attachment",
    "Block",
    "Channel",
    "ChannelRef",
    "Chat",
    "Client",
    "CollectionManager",
    "CollectionRef",
    "Column",
    "DynamicCollection",
    "Event",
    "FileSystem",
    "FileUpload",
    "FileUploadTimeout",
    "GitHub",
    "Gmail",
    "Google",
    "GoogleCalendar",
    "GoogleDrive",
    "HomeContext",
    "Image",
    "Integration",
    "IntegrationConfig",
    "IntegrationCredentials",
    "IntegrationDeclined",
    "IntegrationTimeout",
    "Linear",
    "Message",
    "NotYetAvailable",
    "Outlook",
    "PageRef",
    "Pipedream",
    "PipedreamProxyResponse",
    "PipedreamProxySession",
    "PresetName",
    "PricingType",
    "Radius",
    "ReplyStream",
    "RequestContext",
    "Secret",
    "Session",
    "SessionChannel",
    "SessionMedia",
    "Slack",
    "Suggestion",
    "Tailscale",
    "TaskDescriptor",
    "TaskHandle",
    "Telegram",
    "Terminal",
    "TerminalBlock",
    "TerminalResult",
    "Theme",
    "UserInfo",
    "WhatsApp",
    "Workflow",
    "WorkflowInput",
    "__version__",
    "action",
    "asgi",
    "boot",
    "current_session",
    "endpoint",
    "enter",
    "exit",
    "file",
    "message",
    "pipedream",
    "resolve_theme",
    "schedule",
    "shutdown",
    "task",
    "ui",
]

# Loaded on first use: the command line shares this package and must start quickly.
_HOMES = {
    "_ambient": "current_session",
    "_app": "App",
    "_blocks": "Block",
    "_channels": "API Channel ChannelRef Chat Slack Telegram WhatsApp",
    "_client": "AsyncClient Client",
    "_collections": "CollectionManager CollectionRef DynamicCollection",
    "_context": "HomeContext RequestContext pipedream",
    "_errors": "FileUploadTimeout IntegrationDeclined IntegrationTimeout NotYetAvailable",
    "_files": "FileSystem file",
    "_home": "Suggestion",
    "_identity": "SessionChannel UserInfo",
    "_image": "Image",
    "_integrations": (
        "AWS INTEGRATION_AWS INTEGRATION_GCAL INTEGRATION_GDRIVE INTEGRATION_GITHUB "
        "INTEGRATION_GMAIL INTEGRATION_GOOGLE INTEGRATION_LINEAR INTEGRATION_OUTLOOK "
        "INTEGRATION_TAILSCALE GitHub Gmail Google GoogleCalendar GoogleDrive Integration "
        "IntegrationConfig IntegrationCredentials Linear Outlook Tailscale"
    ),
    "_marks": "action asgi boot endpoint enter exit message schedule shutdown task",
    "_media": "SessionMedia",
    "_messages": "Attachment Event FileUpload Message",
    "_pages": "PageRef",
    "_pipedream": "Pipedream PipedreamProxyResponse PipedreamProxySession",
    "_reply": "ReplyStream",
    "_schema": "Column",
    "_secrets": "Secret",
    "_session": "Session",
    "_tasks": "TaskDescriptor TaskHandle",
    "_terminal": "Terminal TerminalBlock TerminalResult",
    "_theme": "PRESETS PresetName Radius Theme resolve_theme",
    "_types": "PRICING_MONTHLY PRICING_ONE_TIME PricingType",
    "_workflow": "Workflow WorkflowInput",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name == "ui":
        return import_module(".ui", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
