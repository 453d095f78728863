"""Make the demo space at the first start: what a newcomer sees live without doing anything.

Goes through the HTTP API like any other client, so what it makes is what a user would have made. Runs again
after a crash from where it was; once complete it is never made again, even if people remove it.
"""

import io
import json
import logging
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from capsule.paths import DataPaths

log = logging.getLogger(__name__)

SPACE = "demo"


@dataclass(frozen=True)
class Demo:
    name: str
    type: str
    example: str
    from_git: bool = False
    entry: str = ""
    secrets: tuple[str, ...] = ()
    filesystems: tuple[str, ...] = ()


DEMOS = (
    Demo("hello-flask", "backend", "flask-procfile", from_git=True),
    Demo("hello-site", "frontend", "static-html"),
    Demo(
        "integrations-demo",
        "app",
        "integrations-demo",
        entry="app.py:app",
        secrets=("OPENAI_API_KEY", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"),
        filesystems=("reports",),
    ),
)


class DemoSpace:
    """Makes what is missing of the demo space through the API."""

    def __init__(self, paths: DataPaths, client: httpx2.AsyncClient, examples: Path) -> None:
        self._paths = paths
        self._client = client
        self._examples = examples
        self._done = paths.state("server") / "demo.json"

    async def make(self) -> None:
        """Create the space and its capsules; each is built and deployed by the platform as usual."""
        if self._done.exists():
            return
        space = await self._space()
        for demo in DEMOS:
            for secret in demo.secrets:
                await self._post(f"/spaces/{space}/secrets", {"name": secret, "value": "demo-value"})
            for filesystem in demo.filesystems:
                await self._capsule(space, {"name": filesystem, "type": "storage"})
            source = await self._source(space, demo)
            config = {"entry": demo.entry} if demo.entry else {}
            await self._capsule(
                space, {"name": demo.name, "type": demo.type, "source": source, "config": config}
            )
        self._done.parent.mkdir(parents=True, exist_ok=True)
        self._done.write_text(json.dumps({"space": space}))

    async def _space(self) -> str:
        answer = await self._client.get("/spaces")
        for space in answer.raise_for_status().json()["items"]:
            if space["slug"] == SPACE:
                return str(space["id"])
        return str((await self._post("/spaces", {"name": SPACE}))["id"])

    async def _capsule(self, space: str, body: dict[str, Any]) -> None:
        answer = await self._client.post("/capsules", json={"space_id": space, **body})
        if answer.status_code != 409:
            answer.raise_for_status()

    async def _source(self, space: str, demo: Demo) -> dict[str, str]:
        folder = self._examples / demo.example
        if demo.from_git:
            return {"kind": "git", "url": str(self._repository(demo, folder)), "branch": "main", "path": ""}
        answer = await self._client.post(
            f"/spaces/{space}/uploads",
            content=_archive(folder),
            headers={"Content-Type": "application/gzip"},
        )
        return {"kind": "upload", "upload_id": answer.raise_for_status().json()["id"], "path": ""}

    def _repository(self, demo: Demo, folder: Path) -> Path:
        """Make a git repository of the example that people can push changes to."""
        repository = self._paths.root / "demo" / demo.name
        if (repository / ".git" / "refs" / "heads" / "main").exists():
            return repository
        shutil.rmtree(repository, ignore_errors=True)
        shutil.copytree(folder, repository, ignore=_skip)
        author = ("-c", "user.name=Capsule", "-c", "user.email=demo@capsule.invalid")
        for command in (
            ("init", "--quiet", "--initial-branch", "main"),
            ("add", "--all"),
            (*author, "commit", "--quiet", "--message", "A Flask app with a Procfile"),
        ):
            subprocess.run(["git", "-C", str(repository), *command], check=True, capture_output=True)
        return repository

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(path, json=body)
        result: dict[str, Any] = answer.raise_for_status().json()
        return result


_SKIPPED = ("expect.json", "node_modules", "__pycache__", ".venv")


def _skip(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in _SKIPPED]


def _archive(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_file() and not set(relative.parts) & set(_SKIPPED):
                archive.add(path, arcname=str(relative))
    return buffer.getvalue()
