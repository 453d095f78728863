"""What a capsule is made from, as a caller may say it."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from capsule.control.shapes.base import Input

_SCP_LIKE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!/?-)[^\s]+")
_BRANCH = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._/+@#-]*")
_IMAGE = re.compile(r"[a-z0-9]+(?:[._:/-]+[A-Za-z0-9]+)*(?:@sha256:[0-9a-f]{64})?")
_REMOTE = {"https", "http", "ssh", "git"}


def branch_name(branch: str) -> str:
    """Return the name. Raises ValueError for what git would not take for one."""
    if branch and (not _BRANCH.fullmatch(branch) or ".." in branch):
        raise ValueError("is not a branch name")
    return branch


def _folder(path: str) -> str:
    return project_path(path)


class GitSource(Input):
    kind: Literal["git"]
    url: str = Field(max_length=2000, description="Address of the repository: https, ssh or git.")
    branch: str = Field(default="", max_length=250, description="Empty: the repository's own default.")
    path: str = Field(default="", max_length=1000, description="Folder of the project in the repository.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        # Whatever begins with a hyphen or names a helper (`ext::…`) would be run by git.
        if any(character.isspace() or not character.isprintable() for character in url):
            raise ValueError("the address has blanks")
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and "@" in parts.netloc:
            raise ValueError("the address holds a login; give the token as access to the source instead")
        remote = parts.scheme in _REMOTE and parts.hostname and not parts.hostname.startswith("-")
        if remote or _SCP_LIKE.fullmatch(url) or is_local(url):
            return url
        raise ValueError("is not the address of a git repository, such as https://git.example/team/shop.git")

    _check_branch = field_validator("branch")(branch_name)
    _check_path = field_validator("path")(_folder)


class UploadSource(Input):
    kind: Literal["upload"]
    upload_id: str = Field(max_length=40)
    path: str = Field(default="", max_length=1000, description="Folder of the project in the archive.")

    _check_path = field_validator("path")(_folder)


class PushSource(Input):
    """What is pushed to the platform's own repository of the capsule."""

    kind: Literal["push"]
    branch: str = Field(default="main", max_length=250, description="The branch whose pushes are deployed.")
    path: str = Field(default="", max_length=1000, description="Folder of the project in the repository.")

    _check_branch = field_validator("branch")(branch_name)
    _check_path = field_validator("path")(_folder)


class ImageSource(Input):
    kind: Literal["image"]
    image: str = Field(max_length=500, description="A public image, such as `caddy:2`; docker capsules only.")

    @field_validator("image")
    @classmethod
    def _reference(cls, image: str) -> str:
        if not _IMAGE.fullmatch(image.strip()):
            raise ValueError("is not the name of an image, such as caddy:2 or registry.example/team/shop:1.4")
        return image.strip()


class NoSource(Input):
    kind: Literal["none"]


AnySource = GitSource | PushSource | UploadSource | ImageSource | NoSource
Source = Annotated[AnySource, Field(discriminator="kind")]


def is_local(url: str) -> bool:
    """Tell whether the repository lies on the server's own disk."""
    return url.startswith("/") or urlsplit(url).scheme == "file"


def stored(source: AnySource) -> dict[str, Any]:
    """Return what goes into the capsule's row."""
    return {} if isinstance(source, NoSource) else source.model_dump()


def project_path(path: str) -> str:
    """Return a relative path without `.`; refuse what leaves the root."""
    pure = PurePosixPath(path.strip().strip("/") or ".")
    if ".." in pure.parts or "\0" in path:
        raise ValueError("leaves the root of the source")
    return "" if str(pure) == "." else str(pure)
