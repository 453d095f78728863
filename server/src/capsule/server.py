"""The server process: API, console and reconcile loops, put together from the settings and the drivers.

May be killed and started again at any time: what serves users are the other three processes.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx2
import uvicorn

import capsule
from capsule.api.app import create_app
from capsule.api.context import Context
from capsule.apps.client import AppHostClient
from capsule.build.contract import Builder, BuildLimits
from capsule.build.pipeline import Pipeline
from capsule.build.sources.options import GitOptions
from capsule.build.sources.pushed import PushLimits
from capsule.build.toolchain import Toolchain, find_toolchain
from capsule.control.delivery.changes import Changes
from capsule.control.delivery.serves.shell import shell_value
from capsule.control.delivery.subscriptions import subscribe
from capsule.control.events import Events
from capsule.control.identity.tokens.cli_file import issue_cli_login
from capsule.control.workload.secrets.vault import SpaceVault, vault_handlers
from capsule.control.workspace.first_admin import ensure_first_admin, first_admin
from capsule.db import Database, sqlite_url
from capsule.edge.client import EdgeClient
from capsule.edge.contract import Route, Upstream
from capsule.engines.contract import Engine
from capsule.errors import PlatformError, Unavailable
from capsule.installation import doctor, pidfile
from capsule.installation.banner import FirstLogin, console_url
from capsule.installation.demo import DemoSpace
from capsule.installation.folder import prepare
from capsule.installation.guardian import guard
from capsule.installation.layout import CONSOLE, EXAMPLES, code_digest
from capsule.installation.processes import processes
from capsule.kit.crypto import SecretBox
from capsule.kit.memory import settle
from capsule.kit.rpc import RpcServer
from capsule.kit.sockets import short_path
from capsule.migrations import migrate
from capsule.node.client import NodeClient
from capsule.paths import DataPaths
from capsule.reconcile.platform import Pace, Platform
from capsule.reconcile.reconciler import Reconciler
from capsule.settings import Settings

log = logging.getLogger(__name__)

MakeBuilder = Callable[[DataPaths, Toolchain], Builder]
CONSOLE_ROUTE = "console"
_CONSOLE_HOLD_SECONDS = 20.0


class Server:
    """One server process. `first_start` may be called before `run`, by another process too."""

    def __init__(self, settings: Settings, make_builder: MakeBuilder) -> None:
        self._settings = settings
        self._make_builder = make_builder
        self._paths = DataPaths(settings.data)
        self._processes = processes(settings)

    async def first_start(self) -> FirstLogin | None:
        """Bring the database up to date and make the first admin; None on every later start."""
        database = self._open_database()
        try:
            await migrate(database)
            password = self._settings.admin_password
            async with database.unit_of_work() as db_session:
                first = await ensure_first_admin(
                    db_session,
                    email=self._settings.admin_email,
                    password=password.get_secret_value() if password else None,
                )
        finally:
            await database.close()
        return FirstLogin(first.user.email, first.generated_password) if first else None

    async def run(self, *, on_ready: Callable[[], None] | None = None) -> None:
        """Serve until SIGTERM or SIGINT. `on_ready` is called once requests are answered.

        Raises AlreadyRunning when the installation has a server already.
        """
        running = pidfile.Running(os.getpid(), sys.argv[2:], code_digest())
        with pidfile.held(self._paths.pid_file("server"), running):
            await self.first_start()
            database = self._open_database()
            try:
                await self._serve(database, on_ready)
            finally:
                await database.close()

    def _open_database(self) -> Database:
        prepare(self._paths)
        return Database(self._settings.database_url or sqlite_url(self._paths.database))

    async def _serve(self, database: Database, on_ready: Callable[[], None] | None) -> None:
        paths = self._paths
        node = NodeClient(paths.node_socket)
        edge = EdgeClient(paths.edge_socket)
        apps = AppHostClient(paths.apps_control_socket)
        await self._log_in_command_line(database)
        toolchain = await find_toolchain(paths.cache)
        pipeline = Pipeline(
            paths,
            self._make_builder(paths, toolchain),
            toolchain,
            most_source_bytes=self._settings.repository_bytes,
        )
        context = self._context(database, pipeline, node, edge, apps)
        reconciler = Reconciler(self._platform(context, pipeline))
        vault = SpaceVault(database, context.box, shell_value)
        control = RpcServer(paths.server_control_socket, vault_handlers(vault))
        await control.start()
        web = _WebServer(self._web_config(context))
        tasks = [
            asyncio.create_task(guard(self._processes)),
            asyncio.create_task(self._after_start(web, context, reconciler, on_ready)),
        ]
        try:
            with short_path(paths.server_socket) as name:
                web.config.uds = name
                await web.serve()
        finally:
            await control.close()
            await _cancel(tasks)
            await reconciler.stop()
            for client in (node, edge, apps):
                await client.close()

    def _context(
        self, database: Database, pipeline: Pipeline, node: Engine, edge: EdgeClient, apps: AppHostClient
    ) -> Context:
        box = SecretBox.open(self._paths.keys / "secret.key")
        events = Events()
        subscribe(events, box)
        return Context(
            database=database,
            paths=self._paths,
            box=box,
            engine=node,
            edge=edge,
            apps=apps,
            changes=Changes(database),
            pipeline=pipeline,
            events=events,
            version=capsule.__version__,
            domain=self._settings.domain,
            port=self._settings.port,
            console=CONSOLE,
            git=self._git_options(),
            processes=self._process_health,
            doctor=lambda: [finding.as_json() for finding in doctor.examine()],
        )

    def _platform(self, context: Context, pipeline: Pipeline) -> Platform:
        settings = self._settings
        return Platform(
            database=context.database,
            paths=context.paths,
            box=context.box,
            engine=context.engine,
            edge=context.edge,
            apps=context.apps,
            pipeline=pipeline,
            changes=context.changes,
            site=context.site,
            pace=Pace(answer=settings.answer_seconds, drain=settings.drain_seconds),
            container_disk=settings.container_disk_mb,
            builds_at_once=settings.builds_at_once,
            git=context.git,
            events=context.events,
            build_limits=BuildLimits(memory=settings.build_memory, seconds=settings.build_seconds),
        )

    def _git_options(self) -> GitOptions:
        settings = self._settings
        return GitOptions(
            limits=PushLimits(settings.repository_bytes, settings.repository_file_bytes),
            poll_seconds=settings.poll_seconds,
            private_hosts=tuple(settings.private_git_hosts),
        )

    async def _process_health(self) -> Mapping[str, Mapping[str, object]]:
        healths = await asyncio.gather(*(process.health() for process in self._processes))
        return {health.name: health.as_json() for health in healths}

    async def _log_in_command_line(self, database: Database) -> None:
        async with database.reading() as db_session:
            user = await first_admin(db_session)
        if user is not None:
            url = console_url(self._settings)
            await issue_cli_login(database, self._paths.cli_login, url=url, user=user)

    def _web_config(self, context: Context) -> uvicorn.Config:
        return uvicorn.Config(
            create_app(context),
            http="httptools",
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips="*",  # the socket is reachable by the edge only
            timeout_graceful_shutdown=3,
        )

    async def _after_start(
        self,
        web: "_WebServer",
        context: Context,
        reconciler: Reconciler,
        on_ready: Callable[[], None] | None,
    ) -> None:
        await web.answering.wait()
        await reconciler.start()
        await self._open_console(context)
        settle()
        if on_ready is not None:
            on_ready()
        if self._settings.demo:
            await self._make_demo()

    async def _open_console(self, context: Context) -> None:
        """Tell the edge where the console is; it remembers, so this only matters the first time."""
        route = Route(
            id=CONSOLE_ROUTE,
            hosts=(self._settings.domain,),
            name="Capsule",
            capsule_id="",
            upstreams=(Upstream("server", f"unix:{self._paths.server_socket}"),),
            hold_seconds=_CONSOLE_HOLD_SECONDS,
        )
        while True:
            try:
                await context.edge.put_route(route, drain_seconds=0)
                return
            except Unavailable as exc:
                log.warning("the console is not routed yet: %s", exc.detail)
                await asyncio.sleep(0.5)

    async def _make_demo(self) -> None:
        with short_path(self._paths.server_socket) as name:
            token = _token(self._paths.cli_login)
            async with httpx2.AsyncClient(
                transport=httpx2.AsyncHTTPTransport(uds=name),
                base_url="http://server/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            ) as client:
                try:
                    await DemoSpace(self._paths, client, EXAMPLES).make()
                except (httpx2.HTTPError, PlatformError, OSError) as exc:
                    log.error("the demo space could not be completed: %s", exc)


class _WebServer(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.uds:
            Path(self.config.uds).unlink(missing_ok=True)
        await super().startup(sockets=sockets)
        if self.config.uds:
            Path(self.config.uds).chmod(0o600)
        self.answering.set()


def _token(file: Path) -> str:
    return str(json.loads(file.read_text())["token"])


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
