"""One `capsule serve`: the app's files on the server, kept like the directory, until the developer leaves.

The watcher runs in the caller's thread; heartbeat and log stream have one each. All of them survive a server
that is away for a while.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import click

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli.api import Record
from cpsl.cli.archive import pack
from cpsl.cli.delivery import BuildLog
from cpsl.cli.entry import Entry, read_declaration, syntax_problem
from cpsl.cli.invocation import Invocation
from cpsl.cli.progress import Progress
from cpsl.cli.shell import exported
from cpsl.cli.summary import facts
from cpsl.cli.upload import upload_directory
from cpsl.cli.watch import ChangeSet, Tree, wakes

HEARTBEAT_SECONDS = 5.0
START_SECONDS = 180.0
NEEDS_NEW_SERVE = ("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock")


class ServeFailed(CapsuleError):
    code = "serve_failed"


class Development:
    """Runs one app from a directory; `run` returns when it was stopped."""

    def __init__(self, invocation: Invocation, entry: Entry, name: str) -> None:
        self._invocation = invocation
        self._api = invocation.api
        self._out = invocation.out
        self._entry = entry
        self._name = name
        self._declaration = entry.declaration
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._over: CapsuleError | None = None
        self._held_back: list[str] = []
        self._revision = 0
        self._replica_id: str | None = None
        """The replica last told about; another one is a reload that worked."""
        self._failure: tuple[int, str] | None = None
        self._settled = threading.Event()
        self._sent_at: float | None = None

    def run(self) -> None:
        """Serve until interrupted. Raises ServeFailed when the server ends it, or cannot start it."""
        with self._out.progress() as progress:
            serve = self._start(progress)
            work = [self._beat, self._listen]
            if serve.get("build_id"):
                work.append(lambda: self._follow_build(str(serve["build_id"]), progress))
            for target in work:
                threading.Thread(target=self._aside, args=(target,), daemon=True).start()
            try:
                self._wait_until_settled()
            except BaseException:
                self._leave()
                raise
        try:
            self._watch()
        finally:
            self._leave()
        if self._over is not None:
            raise self._over

    def _aside(self, target: Callable[[], None]) -> None:
        """Run `target` in a thread of its own; its failure ends the serve."""
        try:
            target()
        except CapsuleError as error:
            self._end(error)
        except Exception as error:
            # Once it is over the connections are closed under the threads, and that means nothing.
            failed = ServeFailed(f"`capsule serve` failed unexpectedly: {type(error).__name__}: {error}")
            failed.__cause__ = error
            self._end(failed)

    def _start(self, progress: Progress) -> Record:
        upload, project = upload_directory(self._invocation, self._entry.root, progress)
        self._tree = Tree(project)
        shell = exported(project.files)
        if shell:
            self._out.notice(f"Taken from your shell, for this serve only: {', '.join(shell)}")
        capsule, is_new = self._capsule()
        progress.step("Building")
        wanted = {"upload_id": upload["id"], "entry": str(self._entry), **({"shell": shell} if shell else {})}
        try:
            serve: Record = self._api.post(f"/capsules/{capsule['id']}/serves", wanted)
        except BaseException:
            if is_new:
                self._api.delete(f"/capsules/{capsule['id']}", confirm=capsule["name"])
            raise
        self._path = f"/serves/{serve['id']}"
        self._report(serve)
        return serve

    def _capsule(self) -> tuple[Record, bool]:
        space = self._invocation.current_space
        for capsule in self._api.items("/capsules", space=space["id"]):
            if capsule["name"] == self._name:
                if capsule["type"] != "app":
                    raise ServeFailed(
                        f"'{self._name}' in the space '{space['slug']}' is a {capsule['type']}, not an app.",
                        code="wrong_type",
                        hint="Serve under another name: --name NAME",
                    )
                return capsule, False
        made = self._api.post(
            "/capsules",
            {
                "space_id": space["id"],
                "name": self._name,
                "type": "app",
                "config": {"entry": str(self._entry)},
                "deploy": False,
            },
        )
        return made, True

    def _wait_until_settled(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._settled.wait(0.1):
            if self._over is not None:
                raise self._over
            if time.monotonic() > deadline:
                raise ServeFailed(
                    f"'{self._name}' did not start within {START_SECONDS:.0f} s.",
                    hint="--verbose shows everything that was printed meanwhile.",
                    code="serve_timeout",
                )

    def _watch(self) -> None:
        for _ in self._wakes():
            if self._over is not None:
                return
            self._send_changes()

    def _wakes(self) -> Iterator[None]:
        # What was saved while the app was starting, before anybody watched.
        yield
        yield from wakes(self._entry.root, self._stop)

    def _send_changes(self) -> None:
        try:
            changes = self._tree.compare()
            if not changes or self._has_syntax_errors(changes):
                return
            self._sent_at = time.monotonic()
            answer = self._send(changes)
        except CapsuleError as error:
            # The next change, or the one after the server is back, sends these files too.
            self._sent_at = None
            self._out.error(error)
            return
        self._tree.sent(changes)
        self._out.line(f"{click.style('↻', fg='cyan')} {_listed(changes.paths)}")
        self._tell_what_needs_a_new_serve(changes)
        self._report(answer)

    def _send(self, changes: ChangeSet) -> Record:
        with tempfile.TemporaryFile() as packed:
            # No body where files were deleted only.
            size = pack(changes.changed, packed) if changes.changed else 0
            packed.seek(0)
            answer: Record = self._api.send(
                "POST",
                f"{self._path}/changes",
                packed,
                size=size,
                content_type="application/gzip",
                headers={"X-Deleted": json.dumps(list(changes.deleted))},
            )
        return answer

    def _has_syntax_errors(self, changes: ChangeSet) -> bool:
        """Hold changes back while a file does not parse: the running version is worth more."""
        problems = [
            problem
            for file in changes.changed
            if file.path.endswith(".py") and (problem := syntax_problem(file.source, file.path))
        ]
        if problems and problems != self._held_back:
            for problem in problems:
                self._out.notice(f"Not sent, syntax error in {problem}")
            self._out.line("The version before keeps running.", dim=True)
        self._held_back = problems
        return bool(problems)

    def _tell_what_needs_a_new_serve(self, changes: ChangeSet) -> None:
        declaration = read_declaration(self._entry)
        if declaration is not None and declaration != self._declaration:
            self._declaration = declaration
            self._out.notice(
                "The app's own settings have changed: start `capsule serve` again to apply them."
            )
        packages = [path for path in changes.paths if path in NEEDS_NEW_SERVE]
        if packages:
            self._out.notice(
                f"{packages[0]} has changed: start `capsule serve` again to install what it names."
            )

    def _follow_build(self, build_id: str, progress: Progress) -> None:
        log = BuildLog(self._out, progress)
        for event in self._api.events(f"/builds/{build_id}/logs/stream", patience=None):
            if self._stop.is_set():
                return
            if event.name == "line":
                log.add(event.data)
            elif event.name == "end" and event.data["status"] == "succeeded":
                progress.step("Starting")
                return
            elif event.name == "end":
                log.show_tail()
                reason = str(event.data.get("reason") or event.data["status"]).rstrip(".")
                raise ServeFailed(
                    f"The build of '{self._name}' failed: {reason}.",
                    code="build_failed",
                    hint=event.data.get("hint"),
                    request_id=build_id,
                )

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            try:
                self._report(self._api.post(f"{self._path}/heartbeat"))
            except ApiError as error:
                if error.status in (401, 403, 404, 409, 410):
                    self._end(error)
                    return
            except CapsuleError:
                # Away for the moment; the log stream says so.
                continue

    def _listen(self) -> None:
        events = self._api.events(
            f"{self._path}/logs/stream",
            patience=None,
            dropped=lambda error: self._out.notice("The connection was lost; trying again …"),
        )
        for event in events:
            if self._stop.is_set():
                return
            if event.name == "line":
                self._out.log_line(event.data, with_time=True)
            elif event.name == "serve":
                self._report(event.data)

    def _report(self, serve: Record | None) -> None:
        """Say what is new about the serve; comes from several threads, so only news are printed."""
        if serve:
            with self._lock:
                self._report_news(serve, int(serve.get("revision") or 0))

    def _report_news(self, serve: Record, revision: int) -> None:
        if revision < self._revision:
            return
        self._revision = revision
        replica_id, reason = serve.get("replica_id"), serve.get("reason")
        if serve["status"] == "stopped":
            self._end(ServeFailed(reason or f"The serve of '{self._name}' was ended.", code="serve_ended"))
        elif reason:
            if (revision, reason) != self._failure:
                self._failure = (revision, str(reason))
                self._failed(str(reason), runs_on=replica_id is not None)
        elif serve["status"] == "running" and replica_id != self._replica_id:
            self._up(serve, is_first=self._replica_id is None)
            self._replica_id = str(replica_id)

    def _up(self, serve: Record, *, is_first: bool) -> None:
        if is_first:
            self._out.facts(self._summary())
            self._out.success(f"{self._name} is running at {click.style(str(serve['url']), bold=True)}")
            self._out.line("Watching for changes. Ctrl-C stops it.", dim=True)
        else:
            since, self._sent_at = self._sent_at, None
            took = f" in {time.monotonic() - since:.1f} s" if since is not None else ""
            self._out.success(f"Reloaded{took}.")
        self._settled.set()

    def _summary(self) -> list[tuple[str, object]]:
        try:
            manifest = self._api.get(self._path).get("manifest") or {}
        except CapsuleError:  # only for people to read
            manifest = {}
        return facts(str(self._entry), manifest)

    def _failed(self, reason: str, *, runs_on: bool) -> None:
        self._sent_at = None
        self._out.notice(f"{self._name} failed: {reason}")
        self._out.line(
            "The version before keeps running." if runs_on else "Save a change to try again.", dim=True
        )
        self._settled.set()

    def _end(self, error: CapsuleError) -> None:
        if not self._stop.is_set():
            self._over = error
            self._stop.set()

    def _leave(self) -> None:
        """Stop the app on the server; what cannot be told to it ends there by the missing heartbeat."""
        self._stop.set()
        try:
            self._api.delete(self._path)
        except CapsuleError as error:
            if not (isinstance(error, ApiError) and error.status == 404):
                self._out.notice(f"The server was not told: {error.detail} It stops the app by itself.")


def _listed(paths: list[str]) -> str:
    shown = ", ".join(paths[:4])
    return shown if len(paths) <= 4 else f"{shown} and {len(paths) - 4} more"
