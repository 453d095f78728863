"""Pictures and videos that an app shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import NotYetAvailable

if TYPE_CHECKING:
    from ._session import Session


class SessionMedia:
    """`session.media`: describe pictures and videos for galleries. URLs are referenced as they are."""

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
        src = _remote(source, copy_remote)
        return _entry("image", src, caption=caption, alt=alt, mime_type=mime_type)

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
        src = _remote(source, copy_remote)
        still = None if poster is None else _remote(poster, copy_remote)
        return _entry("video", src, caption=caption, alt=alt, mime_type=mime_type, poster=still)


def _remote(source: str | bytes | bytearray, copy_remote: bool) -> str:
    if isinstance(source, str) and source.startswith(("http://", "https://")) and not copy_remote:
        return source
    raise NotYetAvailable("Storing pictures and videos")


def _entry(kind: str, src: str, **optional: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "src": src, "download_url": src}
    return {**found, **{name: value for name, value in optional.items() if value}}
