"""Pictures, videos and cards to click on."""

from __future__ import annotations

from typing import Any

from ._base import _Widget, click_target, wire


class Image(_Widget):
    """A picture, maybe with a click target."""

    def __init__(
        self,
        src: str,
        *,
        alt: str = "",
        caption: str | None = None,
        aspect_ratio: str | None = None,
        prompt: str | None = None,
        workflow: Any | None = None,
        page: Any | None = None,
        input: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        self.src = src
        self.alt = alt
        self.caption = caption
        self.aspect_ratio = aspect_ratio
        self.target, self.payload = click_target(
            "Image", prompt=prompt, workflow=workflow, page=page, input=input, payload=payload
        )

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "image",
            {"src": self.src, "alt": self.alt},
            caption=self.caption,
            aspect_ratio=self.aspect_ratio,
            **self.target,
            payload=self.payload,
        )


class ImageGallery(_Widget):
    """Pictures given here or by a data handler."""

    def __init__(
        self,
        images: list[str | dict[str, Any] | Image] | None = None,
        *,
        data: str | None = None,
        title: str | None = None,
        columns: int | None = None,
    ) -> None:
        self.images = list(images or [])
        self.data = data
        self.title = title
        self.columns = columns

    def to_dict(self) -> dict[str, Any]:
        images = [_item(image, {"alt": ""}) for image in self.images]
        return wire(
            "image_gallery", {"images": images}, data=self.data, title=self.title, columns=self.columns
        )


class Video(_Widget):
    """A video player."""

    def __init__(
        self,
        src: str,
        *,
        poster: str | None = None,
        title: str | None = None,
        caption: str | None = None,
        controls: bool = True,
        autoplay: bool = False,
        loop: bool = False,
        muted: bool = False,
        width: int | str | None = None,
        aspect_ratio: str | None = None,
    ) -> None:
        self.src = src
        self.poster = poster
        self.title = title
        self.caption = caption
        self.controls = controls
        self.autoplay = autoplay
        self.loop = loop
        self.muted = muted
        self.width = width
        self.aspect_ratio = aspect_ratio

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "video",
            {"src": self.src, "controls": self.controls},
            poster=self.poster,
            title=self.title,
            caption=self.caption,
            autoplay=self.autoplay,
            loop=self.loop,
            muted=self.muted,
            width=self.width,
            aspect_ratio=self.aspect_ratio,
        )


class VideoGallery(_Widget):
    """Videos given here or by a data handler."""

    def __init__(
        self,
        videos: list[str | dict[str, Any] | Video] | None = None,
        *,
        data: str | None = None,
        title: str | None = None,
        columns: int | None = None,
    ) -> None:
        self.videos = list(videos or [])
        self.data = data
        self.title = title
        self.columns = columns

    def to_dict(self) -> dict[str, Any]:
        videos = [_item(video, {}) for video in self.videos]
        return wire(
            "video_gallery", {"videos": videos}, data=self.data, title=self.title, columns=self.columns
        )


def _item(entry: str | dict[str, Any] | _Widget, defaults: dict[str, Any]) -> dict[str, Any]:
    if isinstance(entry, str):
        return {"src": entry, **defaults}
    found = entry.to_dict() if isinstance(entry, _Widget) else dict(entry)
    if isinstance(entry, _Widget):
        found.pop("type")
    return found


class ActionCard(_Widget):
    """A card to click on."""

    _kind = "action_card"

    def __init__(
        self,
        label: str,
        *,
        description: str | None = None,
        icon: str | None = None,
        image: str | None = None,
        prompt: str | None = None,
        workflow: Any | None = None,
        page: Any | None = None,
        primary: bool = False,
        input: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        self.label = label
        self.description = description
        self.icon = icon
        self.image = image
        self.primary = primary
        self.target, self.payload = click_target(
            type(self).__name__, prompt=prompt, workflow=workflow, page=page, input=input, payload=payload
        )

    def to_dict(self) -> dict[str, Any]:
        return wire(
            self._kind,
            {"label": self.label},
            description=self.description,
            icon=self.icon,
            image=self.image,
            **self.target,
            primary=self.primary,
            payload=self.payload,
        )


class GalleryCard(ActionCard):
    """An `ActionCard` led by its picture."""

    _kind = "gallery_card"
