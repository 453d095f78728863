"""Storage mounted into an app, and references to files in it."""

from __future__ import annotations

import posixpath
from typing import Any

from ._types import check_word

_OUTPUT_FORMATS = ("folder", "file")


def file(path: str, *, label: str | None = None) -> dict[str, Any]:
    """Return a reference to the file at the absolute `path`, for rows, table cells and links."""
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(
            f"A file reference needs an absolute path, such as '/data/report.pdf'; got {path!r}."
        )
    reference = {"_type": "file", "path": "/" + posixpath.normpath(path).lstrip("/")}
    if label:
        reference["label"] = label
    return reference


class FileSystem:
    """A named storage of the space, mounted where `App(filesystems={path: ...})` says."""

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError("A filesystem needs a name, such as cpsl.FileSystem('reports').")
        self.name = name.strip()
        self._mount: str | None = None
        self._sources: list[dict[str, Any]] = []
        self._tools: list[dict[str, Any]] = []

    def _bind(self, mount: str) -> None:
        self._mount = mount

    def link(self, path: str, *, label: str | None = None) -> dict[str, Any]:
        """Return a reference to `path` under the mount.

        Raises RuntimeError while the filesystem is not part of an app.
        """
        if self._mount is None:
            raise RuntimeError(
                f"Filesystem {self.name!r} is not mounted; name it in App(filesystems={{...}})."
            )
        inner = posixpath.normpath("/" + path.removeprefix(self._mount).lstrip("/"))
        return file(posixpath.join(self._mount, inner.lstrip("/")), label=label)

    def smart_source(
        self,
        integration: str,
        name: str,
        *,
        guidance: str = "",
        output_format: str = "folder",
        file_ext: str = "",
        filename_format: str = "",
        cache_ttl: int = 0,
    ) -> FileSystem:
        """Declare a view of a user's account under `/sources`, described in words."""
        return self._source(
            "smart", integration, name, output_format, file_ext, filename_format, cache_ttl, guidance=guidance
        )

    def source_query(
        self,
        integration: str,
        name: str,
        *,
        filter: dict[str, Any] | str,
        output_format: str = "folder",
        file_ext: str = "",
        filename_format: str = "",
        cache_ttl: int = 0,
    ) -> FileSystem:
        """Declare a view of a user's account under `/sources`, described by a filter."""
        return self._source(
            "query", integration, name, output_format, file_ext, filename_format, cache_ttl, filter=filter
        )

    def _source(
        self,
        kind: str,
        integration: str,
        name: str,
        output_format: str,
        file_ext: str,
        filename_format: str,
        cache_ttl: int,
        **extra: Any,
    ) -> FileSystem:
        check_word(output_format, _OUTPUT_FORMATS, "output_format")
        source = {"kind": kind, "integration": str(integration), "name": name, "output_format": output_format}
        optional = {"file_ext": file_ext, "filename_format": filename_format, "cache_ttl": cache_ttl}
        self._sources.append({**source, **extra, **{key: value for key, value in optional.items() if value}})
        return self

    def mcp(
        self,
        name: str,
        *,
        command: str | None = None,
        args: list[str] | None = None,
        url: str | None = None,
        env: dict[str, str] | None = None,
        transport: str | None = None,
    ) -> FileSystem:
        """Declare an MCP server as tools under `/tools`, started by `command` or reached at `url`."""
        if not command and not url:
            raise ValueError(f"MCP tool {name!r} needs a command or a url.")
        config: dict[str, Any] = {"transport": transport or ("stdio" if command else "http")}
        optional = {"command": command, "args": args, "url": url, "env": env}
        return self.tool(
            name, kind="mcp", **config, **{key: value for key, value in optional.items() if value}
        )

    def tool(self, name: str, **config: Any) -> FileSystem:
        """Declare a tool under `/tools`."""
        self._tools.append({"name": name, "kind": "mcp", **config})
        return self

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "sources": list(self._sources), "tools": list(self._tools)}

    def __repr__(self) -> str:
        return f"FileSystem({self.name!r})"
