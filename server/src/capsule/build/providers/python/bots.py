"""Recognise Python programs that take no requests: bots that hold a connection to a chat service."""

import re

from capsule.build.project import Project
from capsule.build.providers.python.dependencies import Dependencies

_BOTS = {
    "aiogram": "aiogram",
    "discord": "discord.py",
    "discord-py": "discord.py",
    "disnake": "disnake",
    "hikari": "hikari",
    "interactions-py": "interactions.py",
    "matrix-nio": "matrix-nio",
    "nextcord": "nextcord",
    "py-cord": "Pycord",
    "pyrogram": "Pyrogram",
    "pytelegrambotapi": "pyTelegramBotAPI",
    "python-telegram-bot": "python-telegram-bot",
    "slack-bolt": "slack-bolt",
    "telethon": "Telethon",
    "twitchio": "TwitchIO",
}
_SERVERS = (
    "bottle", "cherrypy", "dash", "django", "falcon", "fastapi", "flask", "gradio", "gunicorn", "hypercorn",
    "litestar", "nicegui", "panel", "pyramid", "quart", "sanic", "starlette", "streamlit", "tornado",
    "uvicorn", "waitress",
)  # fmt: skip
# The same libraries can also be called by the service, over HTTP.
_CALLED = re.compile(r"webhook|web\.run_app|\.start\(\s*port|HTTPServer|\bPORT\b", re.IGNORECASE)
_SLACK_SOCKET = "SocketMode"


def find_bot(project: Project, dependencies: Dependencies, script: str) -> str:
    """Return the name of the library by which `script` is a bot without a port; empty when it is none."""
    if any(dependencies.has(name) for name in _SERVERS):
        return ""
    name = next((name for name in _BOTS if dependencies.has(name)), "")
    text = project.text(script)
    if not name or _CALLED.search(text):
        return ""
    if name == "slack-bolt" and _SLACK_SOCKET not in text:
        return ""
    return _BOTS[name]
