"""Speak to a Docker daemon: the calls that builder and engine need, with our errors instead of its own.

Everything that a daemon answers is plain JSON as its API documents it. Import it where a daemon is really
spoken to: what is below it costs 20 MB of memory, which installations without containers need not spend.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import aiodocker
import aiohttp
from aiodocker.exceptions import DockerError

from capsule.docker.attached import FRAME_HEADER, STREAMS
from capsule.docker.errors import DockerRefused, DockerUnavailable

Json = dict[str, Any]

_UNREACHABLE = 900
"""What aiodocker says when nobody listens."""


class DockerClient:
    """One connection pool to one daemon; the API's version is agreed upon at the first call."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._has_init: bool | None = None
        # Each replica's log is a connection of its own, so their number has no limit.
        self._connector = aiohttp.UnixConnector(str(socket), limit=0)
        self._api = aiodocker.Docker(url="unix://localhost", connector=self._connector)

    async def ping(self) -> None:
        """Raises DockerUnavailable unless the daemon answers."""
        async with self._response("GET", "_ping", {}) as response:
            await response.read()

    async def info(self) -> Json:
        return await self._object("GET", "info")

    async def has_init(self) -> bool:
        """Tell whether the daemon can put its little init process before an image's command."""
        if self._has_init is None:
            self._has_init = bool((await self.info()).get("InitBinary"))
        return self._has_init

    async def close(self) -> None:
        await self._api.close()
        await self._connector.close()

    # Images

    async def image(self, reference: str) -> Json | None:
        """Return what the daemon knows of an image; None when it has none of that name."""
        return await self._json_or_none("GET", f"images/{reference}/json")

    async def images(self, label: str) -> list[Json]:
        return await self._list("GET", "images/json", filters={"label": [label]})

    async def in_registry(self, reference: str) -> None:
        """Ask the registry for an image without fetching it. Raises DockerRefused."""
        await self._json("GET", f"distribution/{reference}/json")

    def pull(self, reference: str) -> AsyncIterator[Json]:
        return self._stream("POST", "images/create", {"fromImage": reference})

    async def import_files(self, archive: BinaryIO, reference: str) -> None:
        """Make an image of a tar archive of a root file system."""
        repository, _, tag = reference.rpartition(":")
        params = {"fromSrc": "-", "repo": repository, "tag": tag}
        async for _message in self._stream("POST", "images/create", params, data=archive):
            pass

    def build(self, context: BinaryIO, params: Mapping[str, Any]) -> AsyncIterator[Json]:
        """Build an image with the daemon's own builder; leaving the iteration ends the build."""
        return self._stream("POST", "build", params, data=context)

    async def remove_image(self, reference: str) -> None:
        with self._missing_is_fine():
            await self._json("DELETE", f"images/{reference}", force="true")

    async def prune_images(self, labels: list[str], *, until: str | None = None) -> None:
        """Remove untagged images with all of `labels`, older than `until` such as `24h`."""
        filters = {"dangling": ["true"], "label": labels}
        if until is not None:
            filters["until"] = [until]
        await self._json("POST", "images/prune", filters=filters)

    # Networks

    async def networks(self, label: str) -> list[Json]:
        return await self._list("GET", "networks", filters={"label": [label]})

    async def every_network(self) -> list[Json]:
        return await self._list("GET", "networks")

    async def create_network(self, config: Mapping[str, object]) -> None:
        await self._json("POST", "networks/create", data=config)

    async def remove_network(self, name: str) -> None:
        with self._missing_is_fine():
            await self._json("DELETE", f"networks/{name}")

    # Containers

    async def containers(self, label: str) -> list[Json]:
        return await self._list("GET", "containers/json", all="true", filters={"label": [label]})

    async def create_container(self, name: str, config: Mapping[str, object]) -> str:
        answer = await self._object("POST", "containers/create", data=config, name=name)
        return str(answer["Id"])

    async def start_container(self, container: str) -> None:
        await self._json("POST", f"containers/{container}/start")

    async def container(self, container: str, *, with_size: bool = False) -> Json | None:
        """`with_size`: also how long its own files are, which takes as long as there are many."""
        params = {"size": "true"} if with_size else {}
        return await self._json_or_none("GET", f"containers/{container}/json", **params)

    async def kill_container(self, container: str, signal: str) -> None:
        """Send a signal; fine when the container does not run."""
        try:
            await self._json("POST", f"containers/{container}/kill", signal=signal)
        except DockerRefused as exc:
            if exc.answer not in (404, 409):
                raise

    async def remove_container(self, container: str) -> None:
        """Remove it with its anonymous volumes, running or not."""
        try:
            await self._json("DELETE", f"containers/{container}", force="true", v="true")
        except DockerRefused as exc:
            if exc.answer not in (404, 409):  # 409: its removal is under way
                raise

    async def stats(self, container: str) -> Json:
        return await self._object(
            "GET", f"containers/{container}/stats", **{"stream": "false", "one-shot": "true"}
        )

    async def processes(self, container: str) -> list[int]:
        """Return the pids on this machine; none when it does not run."""
        try:
            answer = await self._object("GET", f"containers/{container}/top", ps_args="-eo pid")
        except DockerRefused:
            return []
        return [int(line[0]) for line in answer.get("Processes") or []]

    async def create_exec(self, container: str, config: Mapping[str, object]) -> str:
        """Describe a process to start in a container that runs (see `capsule.docker.attached`)."""
        answer = await self._object("POST", f"containers/{container}/exec", data=config)
        return str(answer["Id"])

    async def exec(self, exec_id: str) -> Json | None:
        """Return what the daemon knows of a process in a container; None when its container is gone."""
        return await self._json_or_none("GET", f"exec/{exec_id}/json")

    async def resize_exec(self, exec_id: str, columns: int, rows: int) -> None:
        await self._json("POST", f"exec/{exec_id}/resize", w=columns, h=rows)

    async def events(
        self, filters: Mapping[str, list[str]], *, on_open: Callable[[], None]
    ) -> AsyncIterator[Json]:
        """Yield events as they happen, until the daemon goes away. `on_open`: from now on none is missed."""
        async with self._response("GET", "events", {"filters": json.dumps(filters)}) as response:
            on_open()
            async for event in _objects(response):
                yield event

    async def logs(
        self, container: str, *, since: str, follow: bool = True
    ) -> AsyncIterator[tuple[str, bytes]]:
        """Yield (stream, `<time> <text>`) until the container ends, or what there is by now.

        A text without a newline at its end goes on in the next of its stream.
        """
        params = {
            "follow": "1" if follow else "0",
            "stdout": "1",
            "stderr": "1",
            "timestamps": "1",
            "since": since,
        }
        async with self._response("GET", f"containers/{container}/logs", params) as response:
            while True:
                try:
                    header = await response.content.readexactly(FRAME_HEADER)
                    data = await response.content.readexactly(int.from_bytes(header[4:], "big"))
                except (EOFError, aiohttp.ClientError):
                    return
                yield STREAMS.get(header[0], "stdout"), data

    async def _json(self, method: str, path: str, *, data: object = None, **params: object) -> Any:
        text = None if data is None else json.dumps(data)
        async with self._response(method, path, params, data=text) as response:
            text = await response.text()
            return json.loads(text) if text.strip() else None

    async def _json_or_none(self, method: str, path: str, **params: object) -> Json | None:
        try:
            return await self._object(method, path, **params)
        except DockerRefused as exc:
            if exc.answer == 404:
                return None
            raise

    async def _object(self, method: str, path: str, *, data: object = None, **params: object) -> Json:
        answer: Json = await self._json(method, path, data=data, **params)
        return answer

    async def _list(self, method: str, path: str, **params: object) -> list[Json]:
        answer: list[Json] = await self._json(method, path, **params)
        return answer

    async def _stream(
        self, method: str, path: str, params: Mapping[str, Any], *, data: BinaryIO | None = None
    ) -> AsyncIterator[Json]:
        """Yield the JSON objects of an answer. Raises DockerRefused for one that tells of an error."""
        async with self._response(method, path, params, data=data) as response:
            async for message in _objects(response):
                yield message

    @contextlib.asynccontextmanager
    async def _response(
        self, method: str, path: str, params: Mapping[str, Any], *, data: object = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        sent: Json = {
            key: json.dumps(value) if isinstance(value, dict) else value for key, value in params.items()
        }
        headers = {} if data is None or isinstance(data, str) else {"Content-Type": "application/x-tar"}
        with self._translated():
            # The one private name that is used of aiodocker: its public calls lack what we need (limits of
            # builds, streams of logs, one measurement).
            async with self._api._query(path, method, params=sent, data=data, headers=headers) as response:
                try:
                    yield response
                finally:
                    response.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DockerError as exc:
            if exc.status == _UNREACHABLE:
                raise DockerUnavailable(f"The Docker daemon does not answer: {exc.message}") from exc
            raise DockerRefused(exc.message.strip() or "It gave no reason.", status=exc.status) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise DockerUnavailable(f"The connection to the Docker daemon broke: {exc}") from exc

    @contextlib.contextmanager
    def _missing_is_fine(self) -> Iterator[None]:
        try:
            yield
        except DockerRefused as exc:
            if exc.answer != 404:
                raise


async def _objects(response: aiohttp.ClientResponse) -> AsyncIterator[Json]:
    rest = b""
    async for chunk in response.content.iter_any():  # its own lines have a limit
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield _told(json.loads(line))
    if rest.strip():
        yield _told(json.loads(rest))


def _told(message: Json) -> Json:
    """Return a message of a stream; raise DockerRefused for one that tells of an error."""
    if error := message.get("error"):
        code = (message.get("errorDetail") or {}).get("code") or 0
        raise DockerRefused(str(error), status=500, exit_code=code)
    return message
