"""What a request can use: the opened parts of the running platform, handed to `create_app` as values."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from capsule.apps.contract import AppHost
from capsule.build.pipeline import Pipeline
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.changes import Changes
from capsule.control.events import Events
from capsule.control.site import Site
from capsule.db import Database
from capsule.edge.contract import Edge
from capsule.engines.contract import Engine
from capsule.kit.attempts import Attempts
from capsule.kit.crypto import SecretBox
from capsule.paths import DataPaths


@dataclass(frozen=True)
class Context:
    """Made once by `main` (or a test); lives as long as the app."""

    database: Database
    paths: DataPaths
    box: SecretBox
    """Encrypts environment values and secrets."""
    engine: Engine
    edge: Edge
    apps: AppHost
    changes: Changes
    """News of changed capsules, for whoever follows them."""
    pipeline: Pipeline | None = None
    """Makes plans for `POST /plans`."""
    events: Events = field(default_factory=Events)
    attempts: Attempts = field(default_factory=Attempts)
    """Failed sign-ins, for the rate limit."""
    version: str = "0"
    domain: str = "localhost"
    port: int = 8080
    scheme: str = "http"
    console: Path | None = None
    """Folder of the built console."""
    processes: Callable[[], Awaitable[Mapping[str, Mapping[str, object]]]] | None = None
    """Says how the platform's own processes are: name → `{pid, health}`."""
    doctor: Callable[[], Sequence[Mapping[str, object]]] | None = None
    """Looks at the machine; blocks, so it is called in a thread."""
    git: GitOptions = field(default_factory=GitOptions)
    max_upload_bytes: int = 1024**3
    """Largest streamed body: a source archive or a file of a storage capsule."""

    @property
    def site(self) -> Site:
        return Site(domain=self.domain, port=self.port, scheme=self.scheme)


def context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


CurrentContext = Annotated[Context, Depends(context_of)]
