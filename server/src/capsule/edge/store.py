"""Keep the route table over a restart of the edge: one JSON file, replaced atomically."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from capsule.edge.contract import Route


class RouteStore:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "routes.json"

    def load(self) -> list[Route]:
        """Return the stored routes; none when there is no file yet.

        A file that cannot be read is set aside as `routes.json.broken`: an edge that serves nothing until the
        server puts the routes again is better than one that does not start.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Route])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError:
            self._path.replace(self._path.with_name("routes.json.broken"))
            return []

    def save(self, routes: Iterable[Route]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name("routes.json.new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(list(routes)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
