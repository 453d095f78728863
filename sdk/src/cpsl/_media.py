"""Pictures and videos that an app shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._session_prompts import safe_name

if TYPE_CHECKING:
    from ._session import Session

Source = str | bytes | bytearray | os.PathLike[str]

MAX_REMOTE_BYTES = 100 * 1024 * 1024
"""The largest file that `copy_remote` copies."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"OggS", "video/ogg"),
    (0, b"<svg", "image/svg+xml"),
)
_ENDINGS = {"image/jpeg": ".jpg", "image/webp": ".webp", "image/avif": ".avif", "video/webm": ".webm"}


class SessionMedia:
    """`session.media`: describe pictures and videos for galleries.

    Bytes and local files are kept for as long as the conversation. URLs are referenced as they are, or with
    `copy_remote` copied, up to 100 MB.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def image(
        self,
        source: str | bytes | bytearray,
        *,
        caption: str = "",
        alt: str = "",
        filename: str | None = None,
        mime_type: str | None = None,
        copy_remote: bool = False,
    ) -> dict[str, Any]:
        """Return `{type, src, download_url, caption?, alt?, mime_type?}` of a picture."""
        src, kind = await self._resolve(source, filename, mime_type, copy_remote)
        return _entry("image", src, caption=caption, alt=alt, mime_type=kind)

    async def video(
        self,
        source: str | bytes | bytearray,
        *,
        poster: str | bytes | bytearray | None = None,
        caption: str = "",
        alt: str = "",
        filename: str | None = None,
        mime_type: str | None = None,
        copy_remote: bool = False,
    ) -> dict[str, Any]:
        """Return what `image` does, and `poster`, the URL of a still."""
        src, kind = await self._resolve(source, filename, mime_type, copy_remote)
        still = None if poster is None else (await self._resolve(poster, None, None, copy_remote))[0]
        return _entry("video", src, caption=caption, alt=alt, mime_type=kind, poster=still)

    async def _resolve(
        self, source: Source, filename: str | None, mime_type: str | None, copy_remote: bool
    ) -> tuple[str, str | None]:
        """Return the URL and the type of a source."""
        if isinstance(source, str) and is_remote(source) and not (copy_remote and _is_page(source)):
            return source, mime_type
        backend = self._session._backend
        if backend is None:
            raise RuntimeError("Pictures and videos can be stored inside a running app.")
        # Recorded whole: when the turn is run again, a local file or a page may be gone.
        src, kind = await backend.record("media", lambda: self._keep(source, filename, mime_type))
        return src, kind

    async def _keep(self, source: Source, filename: str | None, mime_type: str | None) -> tuple[str, str]:
        if isinstance(source, str) and is_remote(source):
            return await self._copied(source, filename, mime_type)
        if isinstance(source, (bytes, bytearray, memoryview)):
            content = bytes(source)
            if not content:
                raise ValueError("This picture or video has no bytes.")
            kind = mime_type or _kind_of(filename or "", content[:16])
            return await self._stored(content, filename or _made_up_name(content, kind), kind)
        path = local_file(source)
        with path.open("rb") as file:
            kind = mime_type or _kind_of(filename or path.name, file.read(16))
        return await self._stored(path, filename or path.name, kind)

    async def _copied(self, url: str, filename: str | None, mime_type: str | None) -> tuple[str, str]:
        import tempfile

        from ._download import fetch

        with tempfile.TemporaryDirectory(prefix="media-") as folder:
            path = Path(folder) / "file"
            told = await fetch(url, path, max_bytes=MAX_REMOTE_BYTES)
            with path.open("rb") as file:
                start = file.read(16)
            told = told.partition(";")[0].strip().lower()
            is_media = told.startswith(("image/", "video/"))
            kind = mime_type or (told if is_media else _kind_of(filename or _url_name(url), start))
            name = filename or _made_up_name(url.encode(), kind)
            return await self._stored(path, name, kind)

    async def _stored(self, content: Path | bytes, name: str, kind: str) -> tuple[str, str]:
        backend = self._session._backend
        assert backend is not None
        stored = await backend.store_file(content, safe_name(name), kind)
        return stored["url"], kind


def is_remote(source: str) -> bool:
    """Tell whether a source is shown as it is: a URL, or the data itself in one."""
    return _is_page(source) or source.lower().startswith("data:")


def _is_page(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def local_file(source: object) -> Path:
    """Return the path of a local file. Raises FileNotFoundError, or TypeError for what is no path."""
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"A picture or video is given as bytes, a path or a URL; got {type(source).__name__}."
        )
    path = Path(source)
    if not str(source).strip() or not path.is_file():
        raise FileNotFoundError(f"There is no file {os.fspath(source)!r} to show.")
    return path


def _kind_of(name: str, start: bytes) -> str:
    import mimetypes

    for offset, mark, kind in _SIGNATURES:
        if start[offset : offset + len(mark)] == mark:
            return kind
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _made_up_name(content: bytes, kind: str) -> str:
    import hashlib
    import mimetypes

    # From the content and not random, so that a turn that is run again makes the same name.
    digest = hashlib.sha256(content).hexdigest()[:10]
    return f"media-{digest}{_ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ''}"


def _url_name(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).path.rpartition("/")[2]


def _entry(kind: str, src: str, **optional: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "src": src, "download_url": src}
    return {**found, **{name: value for name, value in optional.items() if value}}
