"""Turn what `deploy` was told (an entry, a directory, a repository) into what is sent for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import names
from cpsl.cli.api import Record
from cpsl.cli.declarations import read_declarations
from cpsl.cli.entry import Entry, looks_like_entry, read_entry
from cpsl.cli.invocation import Invocation


@dataclass(frozen=True)
class Target:
    """What is deployed, checked as far as it can be here."""

    kind: str
    """`entry`, `directory`, `git` or `image`."""
    name: str
    type: str | None
    """None: the platform finds out."""
    root: Path | None = None
    source: Record = field(default_factory=dict)
    """Of a repository or image: complete. Otherwise the upload's id is still missing."""
    config: Record = field(default_factory=dict)
    access_token: str = field(default="", repr=False)
    """Of a private repository."""


def read_target(
    target: str | None,
    *,
    git: str | None,
    image: str | None = None,
    branch: str | None,
    path: str | None,
    name: str | None,
    type_: str | None,
    config: Record,
) -> Target:
    """Check the arguments of `deploy`. Raises InvalidInput before anything is sent."""
    if name is not None:
        names.check(name)
    if image is not None:
        if target is not None or git is not None or path is not None or type_ not in (None, "docker"):
            raise InvalidInput(
                "--image says all that there is to deploy.", hint=f"capsule deploy --image {image}"
            )
        last = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
        source = {"kind": "image", "image": image}
        return Target("image", name or _name_of(last), "docker", None, source, config)
    if git is not None:
        return _git(target, git, branch, path, name, type_, config)
    if branch is not None:
        raise InvalidInput("--branch says what to take of a repository.", hint="Add: --git URL")
    text = target or "."
    if looks_like_entry(text) and not Path(text).is_dir():
        return _entry(read_entry(text), name, type_, path, config)
    root = Path(text)
    if not root.exists():
        raise InvalidInput(
            f"There is no '{text}' here.",
            code="no_target",
            hint="Name an entry (app.py:app), a directory, or a repository (--git URL).",
        )
    if not root.is_dir():
        raise InvalidInput(
            f"'{text}' is neither a directory nor a Python file.",
            code="no_target",
            hint="capsule deploy DIRECTORY",
        )
    root = root.resolve()
    if type_ in (None, "app") and path is None:
        entry = entry_within(root, needed=type_ == "app")
        if entry is not None:
            return _entry(entry, name, "app", path, config)
    if type_ == "app":
        raise InvalidInput("An app is deployed by its entry.", hint="Such as: capsule deploy app.py:app")
    if path is not None and not (root / path).is_dir():
        raise InvalidInput(f"There is no directory '{path}' in '{text}' (--path).")
    return Target(
        "directory",
        name or _name_of(Path(path or "").name or root.name),
        type_,
        root,
        {"kind": "upload", "path": path or ""},
        config,
    )


def entry_within(root: Path, *, needed: bool) -> Entry | None:
    """Return the app that a directory evidently is: the one in its `app.py` or `main.py`, if any.

    `needed` makes it an error that there is none, or more than one.
    """
    import ast

    for file in ("app.py", "main.py"):
        path = root / file
        if not path.is_file():
            continue
        try:
            found = read_declarations(ast.parse(path.read_bytes())).candidates
        except (SyntaxError, ValueError, OSError):
            if needed:
                read_entry(f"{file}:app", cwd=root)
            continue
        if len(found) == 1:
            return read_entry(f"{file}:{found[0]}", cwd=root)
        if found:
            raise InvalidInput(
                f"{file} has several apps.",
                code="invalid_entry",
                hint="Name one: " + ", ".join(f"capsule deploy {file}:{name}" for name in found),
            )
    return None


def detect_type(invocation: Invocation, source: Record, config: Record, *, access_token: str = "") -> str:
    """Ask the platform how it would build `source`. Raises CapsuleError when it cannot."""
    as_server = _plan(invocation, source, "backend", config, access_token)
    provider = as_server.get("provider")
    if provider == "app":
        return "app"
    if provider not in (None, "static"):
        return "backend"
    # A site that is built has no start command, so it fails as a server and works as a site.
    if provider == "static" or "reasons" not in _plan(invocation, source, "frontend", config, access_token):
        return "frontend"
    reasons = " ".join(str(reason) for reason in as_server["reasons"])
    raise CapsuleError(
        f"The platform cannot tell how to build this: {reasons}",
        code="cannot_plan",
        hint=str(as_server.get("hint") or "--type, --run-command and --build-command say how."),
    )


def _plan(invocation: Invocation, source: Record, type_: str, config: Record, access_token: str) -> Record:
    body = {
        "space_id": invocation.current_space["id"],
        "source": source,
        "type": type_,
        "config": config,
        **({"access_token": access_token} if access_token else {}),
    }
    # A repository is fetched for it.
    answer: Record = invocation.api.call("POST", "/plans", body=body, timeout=300.0)
    return answer


def _git(
    target: str | None,
    git: str,
    branch: str | None,
    path: str | None,
    name: str | None,
    type_: str | None,
    config: Record,
) -> Target:
    if target is not None and not looks_like_entry(target):
        raise InvalidInput(
            f"Both '{target}' and --git say what to deploy.", hint="--path names a folder in the repository."
        )
    if target is not None and type_ not in (None, "app"):
        raise InvalidInput(f"An entry belongs to an app, not to a {type_}.", hint="Leave --type out.")
    if type_ == "app" and target is None:
        raise InvalidInput(
            "An app is deployed by its entry.", hint=f"Such as: capsule deploy app.py:app --git {git}"
        )
    if target is not None:
        file, _, symbol = target.rpartition(":")
        if not file.endswith(".py") or not symbol.isidentifier():
            raise InvalidInput(
                f"'{target}' is not an entry.", code="invalid_entry", hint="Such as: app.py:app"
            )
        config, type_ = {**config, "entry": target}, "app"
    last = re.split(r"[/:]", (path or git).rstrip("/"))[-1].removesuffix(".git")
    url = str(Path(git).resolve()) if _is_local_folder(git) else git
    source = {"kind": "git", "url": url, "branch": branch or "", "path": path or ""}
    return Target("git", name or _name_of(last), type_, None, source, config)


def _entry(entry: Entry, name: str | None, type_: str | None, path: str | None, config: Record) -> Target:
    if type_ not in (None, "app"):
        raise InvalidInput(
            f"'{entry}' is the entry of an app, not of a {type_}.",
            hint="Leave --type out, or name a directory.",
        )
    if path is not None:
        raise InvalidInput(
            "--path is for directories and repositories; an entry names its own folder.", hint="Leave it out."
        )
    return Target(
        "entry",
        entry_name(entry, name),
        "app",
        entry.root,
        {"kind": "upload", "path": ""},
        {**config, "entry": str(entry)},
    )


def entry_name(entry: Entry, name: str | None) -> str:
    """Return the capsule's name: `--name`, else what the app is called in its file."""
    if name is not None:
        return names.check(name)
    if entry.name is None:
        raise InvalidInput(
            f"The name of the app is not written out in {entry.file}.",
            code="no_name",
            hint=f"--name {names.suggestion(entry.root.name)}",
        )
    return names.check(entry.name, where=f"the app's name in {entry.file}")


def _is_local_folder(git: str) -> bool:
    return "://" not in git and not re.match(r"[\w.-]+@[\w.-]+:", git) and Path(git).is_dir()


def _name_of(text: str) -> str:
    return text if names.is_valid(text) else names.suggestion(text)
