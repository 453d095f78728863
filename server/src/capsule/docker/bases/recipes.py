"""Which recipe makes an image of a given name, or why none can. Makes nothing."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ROOTFS = "rootfs"
_OFFICIAL = re.compile(r"^(docker\.io/|index\.docker\.io/)?(library/)?")
_FROM = re.compile(r"^FROM (\S+)$", re.MULTILINE)
_COPY = re.compile(r"^COPY (\S+) \S+$", re.MULTILINE)
_OTHER_WORLDS = {
    "alpine": "Alpine's packages cannot be had without its own servers",
    "ubuntu": "Ubuntu's packages cannot be had from Debian's servers",
    "busybox": "it is made of no packages",
}


@dataclass(frozen=True)
class Recipe:
    name: str
    dockerfile: str
    """Text. Its only `FROM` names `base`."""
    base: str
    """Another recipe, or `rootfs`."""
    arguments: dict[str, str] = field(default_factory=dict)

    files: tuple[str, ...] = ()
    """Of the folder of recipes, which the Dockerfile copies."""


@dataclass(frozen=True)
class _Entry:
    images: tuple[str, ...]
    tags: re.Pattern[str]
    has: str
    dockerfile: str
    defaults: dict[str, str]


def find_recipe(image: str) -> Recipe | None:
    """Return the recipe for an image such as `python:3.11-slim` or `docker.io/library/node`."""
    name, tag = _split(image)
    for key, entry in _entries().items():
        if name in entry.images and (match := entry.tags.fullmatch(tag)):
            given = {group: value for group, value in match.groupdict().items() if value is not None}
            return _recipe(key, entry.defaults | given)
    return None


def recipe_named(name: str) -> Recipe:
    """Return a recipe by its own name, with its default arguments."""
    return _recipe(name, _entries()[name].defaults)


def why_none(image: str) -> str:
    """Return a sentence about why no recipe makes this image, and what could be taken instead."""
    name, tag = _split(image)
    same = sorted({entry.has for entry in _entries().values() if name in entry.images})
    if same:
        return f"Without the registry `{name}` can be made for {' or '.join(same)} only, not for `{tag}`."
    names = ", ".join(f"`{item}`" for item in known_images())
    if name in _OTHER_WORLDS:
        return f"`{name}` cannot be made here: {_OTHER_WORLDS[name]}. These can: {names}."
    return f"`{name}` cannot be made here. These can: {names}."


def known_images() -> list[str]:
    return sorted({image for entry in _entries().values() for image in entry.images})


def _split(image: str) -> tuple[str, str]:
    name, _, digest = image.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, "latest"
    return _OFFICIAL.sub("", path), f"@{digest}" if digest else tag


def _recipe(key: str, arguments: dict[str, str]) -> Recipe:
    text = (FOLDER / _entries()[key].dockerfile).read_text()
    (base,) = _FROM.findall(text)
    return Recipe(key, text, base, dict(arguments), tuple(_COPY.findall(text)))


@cache
def _entries() -> dict[str, _Entry]:
    with (FOLDER / "recipes.toml").open("rb") as file:
        return {
            key: _Entry(
                images=tuple(entry["images"]),
                tags=re.compile(entry["tags"]),
                has=entry["has"],
                dockerfile=entry["dockerfile"],
                defaults=entry.get("defaults", {}),
            )
            for key, entry in tomllib.load(file).items()
        }
