"""Have an image that a build starts from: from the daemon, else from its registry, else made of packages.

What is made is tagged `capsule-base/…`, never with the name it stands for: a daemon may be shared with people
who mean the real one. On machines with certificate authorities of their own (see `certificates`), every image
from elsewhere gets a layer with them, so that no Dockerfile has to know.
"""

import asyncio
import hashlib
import io
import re
import tarfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capsule.docker.bases.recipes import FOLDER, ROOTFS, Recipe, find_recipe, recipe_named, why_none
from capsule.docker.bases.rootfs import Rootfs
from capsule.docker.certificates import INSIDE, VARIABLES, own_bundle
from capsule.docker.errors import DockerRefused
from capsule.docker.networks import Networks
from capsule.errors import PlatformError

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

PREFIX = "capsule-base/"
_ASK_SECONDS = 8.0
_REMEMBERED_SECONDS = 300.0
_ANSWERED = (
    "unauthorized",
    "denied",
    "not found",
    "unknown",
    "does not exist",
    "forbidden",
    "toomanyrequests",
)
_OF_CAPSULES = "capsule/"
_OFFICIAL = re.compile(r"^(docker\.io/|index\.docker\.io/)(library/)?|^library/")
_REACHES_OUT = re.compile(r"^\s*(ADD\b|COPY\b.*--from)", re.IGNORECASE)
_BUNDLE_FILE = "authorities.crt"

Say = Callable[[str], None]


class BaseMissing(PlatformError):
    """An image is neither here nor in its registry, and cannot be made."""

    code, title = "base_image_missing", "Base image cannot be had"


class Bases:
    """Of one installation. Safe for several builds at a time: each base is fetched or made once."""

    def __init__(self, cache: Path, networks: Networks) -> None:
        """`cache` keeps root file systems."""
        self._rootfs = Rootfs(cache)
        self._networks = networks
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unreachable: dict[str, tuple[float, str]] = {}
        """Registry → until when it is not asked again, and what it said."""

    async def have(self, client: "DockerClient", image: str, say: Say) -> str:
        """Return the reference of an image of this daemon to start from in place of `image`.

        Raises BaseMissing or RootfsFailed; `say` gets sentences about what takes time.
        """
        async with self._locks[image]:
            bundle = await asyncio.to_thread(own_bundle)
            found = await _found(client, image)
            if found is None:
                unreachable = await self._fetch(client, image, say)
                if unreachable is not None:
                    return await self._make(client, image, unreachable, bundle, say)
                found = await _found(client, image)
                if found is None:
                    raise BaseMissing(f"{image} was fetched and is gone again.", hint="Deploy again.")
            _check_triggers(image, found)
            if bundle is None:
                return image
            return await self._with_authorities(client, image, str(found["Id"]), bundle)

    async def _fetch(self, client: "DockerClient", image: str, say: Say) -> str | None:
        """Fetch an image from its registry; return why that cannot be reached, None when it was fetched."""
        registry = registry_of(image)
        until, said = self._unreachable.get(registry, (0.0, ""))
        if time.monotonic() < until:
            return said
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                await client.in_registry(image)
        except (DockerRefused, TimeoutError) as exc:
            said = exc.detail if isinstance(exc, DockerRefused) else f"no answer within {_ASK_SECONDS:g} s"
            if isinstance(exc, DockerRefused) and _has_answered(exc):
                raise BaseMissing(
                    f"The registry {registry} does not give out {image}: {said}",
                    hint="Check the image's name and tag; it has to be public.",
                ) from exc
            self._unreachable[registry] = time.monotonic() + _REMEMBERED_SECONDS, said
            return said
        say(f"Fetching {image} from {registry}.")
        started = time.monotonic()
        try:
            async for _progress in client.pull(_with_tag(image)):
                pass
        except DockerRefused as exc:
            raise BaseMissing(f"{image} could not be fetched: {exc.detail}", hint="Deploy again.") from exc
        say(f"Fetched {image} in {time.monotonic() - started:.1f} s.")
        return None

    async def _make(
        self, client: "DockerClient", image: str, unreachable: str, bundle: bytes | None, say: Say
    ) -> str:
        registry = registry_of(image)
        recipe = find_recipe(image)
        if recipe is None:
            raise BaseMissing(
                f"The registry {registry} cannot be reached ({unreachable}), and {why_none(image)}",
                hint="Start from another image, or let this machine reach the registry.",
            )
        if await client.image(_tag(recipe, bundle)) is not None:
            say(f"The registry {registry} cannot be reached; taking the base made for {image} of packages.")
            return _tag(recipe, bundle)
        say(f"The registry {registry} cannot be reached; making a base for {image} of Debian packages.")
        started = time.monotonic()
        reference = await self._made(client, recipe, bundle)
        say(f"Made a base for {image} of Debian packages in {time.monotonic() - started:.0f} s.")
        return reference

    async def _made(self, client: "DockerClient", recipe: Recipe, bundle: bytes | None) -> str:
        """Make what a recipe describes, and before that what it starts from."""
        reference = _tag(recipe, bundle)
        async with self._locks[reference]:
            if await client.image(reference) is not None:
                return reference
            if recipe.base == ROOTFS:
                base = await self._imported(client)
                if bundle is not None:
                    base = await self._with_authorities(client, ROOTFS, base, bundle)
            else:
                base = await self._made(client, recipe_named(recipe.base), bundle)
            dockerfile = recipe.dockerfile.replace(f"FROM {recipe.base}\n", f"FROM {base}\n", 1)
            files = {name: (FOLDER / name).read_bytes() for name in recipe.files}
            await self._build(client, reference, dockerfile, files, recipe.arguments)
        return reference

    async def _imported(self, client: "DockerClient") -> str:
        archive = await self._rootfs.archive()
        reference = f"{PREFIX}{ROOTFS}:{archive.name.split('.')[0]}"
        if await client.image(reference) is None:
            with archive.open("rb") as file:
                await client.import_files(file, reference)
        return reference

    async def _with_authorities(
        self, client: "DockerClient", image: str, image_id: str, bundle: bytes
    ) -> str:
        digest = hashlib.sha256(image_id.encode() + bundle).hexdigest()[:16]
        reference = f"{PREFIX}with-authorities:{digest}"
        async with self._locks[reference]:
            if await client.image(reference) is None:
                variables = " ".join(f"{name}={INSIDE}" for name in VARIABLES)
                start = image_id if image == ROOTFS else image
                dockerfile = f"FROM {start}\nCOPY {_BUNDLE_FILE} {INSIDE}\nENV {variables}\n"
                await self._build(client, reference, dockerfile, {_BUNDLE_FILE: bundle}, {})
        return reference

    async def _build(
        self,
        client: "DockerClient",
        reference: str,
        dockerfile: str,
        files: dict[str, bytes],
        arguments: dict[str, str],
    ) -> None:
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, data in {"Dockerfile": dockerfile.encode(), **files}.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(data), 0o755 if data.startswith(b"#!") else 0o644
                tar.addfile(entry, io.BytesIO(data))
        context.seek(0)
        params = {
            "t": reference,
            "rm": True,
            "forcerm": True,
            "buildargs": arguments,
            "networkmode": await self._networks.for_builds(client),
        }
        said: list[str] = []
        try:
            async for message in client.build(context, params):
                said.append(str(message.get("stream", "")))
        except DockerRefused as exc:
            words = "".join(said[-3:]).strip()
            raise BaseMissing(f"The base {reference} could not be made: {exc.detail}. {words}") from exc


async def _found(client: "DockerClient", image: str) -> dict[str, Any] | None:
    """Return an image of the daemon by its name. Ids and what capsules built are nobody's base."""
    found = await client.image(image)
    if found is None:
        return None
    names = [*(found.get("RepoTags") or ()), *(found.get("RepoDigests") or ())]
    wanted = _with_tag(_familiar(image))
    return found if wanted in names and not wanted.startswith(_OF_CAPSULES) else None


def _check_triggers(image: str, found: Mapping[str, Any]) -> None:
    """Refuse an image that would have a build take files from elsewhere (see `build.dockerfile`)."""
    triggers = (found.get("Config") or {}).get("OnBuild") or ()
    if any(_REACHES_OUT.search(trigger) for trigger in triggers):
        raise BaseMissing(
            f"{image} has ONBUILD instructions that add files from elsewhere.",
            hint="Start from another image.",
        )


def _familiar(image: str) -> str:
    return _OFFICIAL.sub("", image)


def registry_of(image: str) -> str:
    """Return the registry's host: `docker.io` unless the name begins with another one."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def _with_tag(image: str) -> str:
    # Without a tag the daemon would fetch all there are.
    return image if "@" in image or ":" in image.rpartition("/")[2] else f"{image}:latest"


def _has_answered(exc: DockerRefused) -> bool:
    return exc.status in (401, 403, 404) or any(word in exc.detail.lower() for word in _ANSWERED)


def _tag(recipe: Recipe, bundle: bytes | None) -> str:
    """Name what a recipe makes by all that goes into it."""
    below = "" if recipe.base == ROOTFS else _tag(recipe_named(recipe.base), bundle)
    files = [(FOLDER / name).read_text() for name in recipe.files]
    parts = [repr(bundle), below, recipe.dockerfile, repr(sorted(recipe.arguments.items())), *files]
    return f"{PREFIX}{recipe.name}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"
