"""Say so where a script listens on a port of its own and never asks for the one it is given."""

import re

from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.python.environment import PYTHON
from capsule.build.providers.start import Launch

_LISTENS = re.compile(
    r"\.run\(|\brun\(|\brun_app\(|\.listen\(|\bserve_forever\(|\bserve\(|\bHTTPServer\(|\bmake_server\("
)
_FIXED = re.compile(
    r"\bport\s*=\s*(\d{4,5})\b|\.listen\(\s*(\d{4,5})\s*[,)]|\(\s*['\"][\w.]*['\"]\s*,\s*(\d{4,5})\b"
)
_PORTS_OF_THEIRS = {"nicegui": "8080", "aiohttp": "8080"}
"""Libraries that listen on this port when they are told none."""


def notice_fixed_port(draft: Draft, project: Project, launch: Launch) -> None:
    if launch.argv is None or len(launch.argv) != 2 or launch.argv[0] != PYTHON:
        return
    script = launch.argv[1]
    text = project.text(script)
    if "PORT" in text or not _LISTENS.search(text) or launch.env:
        return
    match = _FIXED.search(text)
    port = match[match.lastindex or 0] if match else ""
    for name, usual in _PORTS_OF_THEIRS.items():
        if not port and re.search(rf"^(?:from|import)\s+{name}\b", text, re.MULTILINE):
            port = usual
    if port:
        draft.notice(
            f"{script} listens on port {port} and does not look at the variable PORT, in which each replica "
            f"gets its own. Write it as `port=int(os.environ.get('PORT', {port}))`."
        )
