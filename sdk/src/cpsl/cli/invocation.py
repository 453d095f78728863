"""Turn the options of one call into what commands need: a printer, an API client, the space meant.

Nothing is read or connected before a command asks for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cpsl._problems import ApiError, CapsuleError, InvalidInput, NotLoggedIn

if TYPE_CHECKING:
    from cpsl._config import Login
    from cpsl.cli.api import Api, Record
    from cpsl.cli.output import Output


@dataclass
class Invocation:
    """One call of the command line."""

    server: str | None = None
    token: str | None = None
    space: str | None = None
    as_json: bool = False
    verbose: bool = False
    _connected: list[Api] = field(default_factory=list)

    @cached_property
    def out(self) -> Output:
        from cpsl.cli.output import Output

        return Output(as_json=self.as_json, verbose=self.verbose)

    @cached_property
    def login(self) -> Login:
        """Who calls which installation. Raises NotLoggedIn when nothing says so."""
        from cpsl import _config

        found = _config.resolve(url=self.server, token=self.token)
        if found is not None:
            return found
        named = self.server or os.environ.get("CAPSULE_URL") or os.environ.get("CAPSULE_HTTP_URL")
        if named:
            url = _config.clean_url(named)
            raise NotLoggedIn(f"You are not logged in to {url}.", hint=f"capsule login --server {url}")
        raise NotLoggedIn(
            "You are not logged in, and no installation was found on this machine.",
            hint="Start one with: capsule up    or log in to one: capsule login --server URL",
        )

    @cached_property
    def api(self) -> Api:
        return self.connect(self.login.url, self.login.token)

    def connect(self, url: str, token: str | None = None) -> Api:
        """Return a client of the installation at `url`; `close` closes it."""
        from cpsl.cli.api import Api

        made = Api(url, token)
        self._connected.append(made)
        return made

    def close(self) -> None:
        """Close every connection of this call."""
        while self._connected:
            self._connected.pop().close()

    @cached_property
    def current_space(self) -> Record:
        """The space that commands mean: `--space`, else the one of `capsule space use`, else the first."""
        from cpsl.cli import memory

        spaces = self.api.items("/spaces")
        wanted = self.space or os.environ.get("CAPSULE_SPACE")
        if wanted:
            return pick_space(spaces, wanted)
        remembered = memory.recall(self.login.url, "space") or self.login.space
        if remembered:
            for space in spaces:
                if remembered in (space["id"], space["slug"]):
                    return space
        if not spaces:
            raise CapsuleError(
                "There is no space yet.", code="no_space", hint="Create one: capsule space create NAME"
            )
        return spaces[0]

    def capsule(self, name: str) -> Record:
        """Return the capsule that `name` (a name, a slug or an id) means, in the current space first."""
        found = self.find_capsule(name)
        if found is not None:
            return found
        space = self.current_space
        hint = "capsule list --all"
        names = [str(item["name"]) for item in self.api.items("/capsules", space=space["id"])]
        if close := closest(name, names):
            hint = f"Did you mean '{close}'?    All of them: capsule list --all"
        raise CapsuleError(
            f"There is no capsule '{name}' in the space '{space['name']}'.",
            code="not_found",
            hint=hint,
        )

    def find_capsule(self, name: str) -> Record | None:
        from cpsl.cli.api import segment

        if not name.startswith("cap_"):
            for item in self.api.items("/capsules", space=self.current_space["id"]):
                if item["name"] == name:
                    return item
        if self.space or not name or "/" in name or len(name) > 80:
            return None
        try:
            found: Record = self.api.get(f"/capsules/{segment(name)}")
        except ApiError as error:
            if error.status in (404, 422):
                return None
            raise
        return found


def pick_space(spaces: list[Record], wanted: str) -> Record:
    """Return the space with this id, slug or name; raises InvalidInput for none or several."""
    for key in ("id", "slug", "name"):
        matches = [space for space in spaces if space[key] == wanted]
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(str(space["id"]) for space in matches)
            raise InvalidInput(
                f"Several spaces are called '{wanted}'.", code="ambiguous", hint=f"Name one by id: {ids}"
            )
    names = ", ".join(str(space["slug"]) for space in spaces) or "none"
    raise CapsuleError(
        f"There is no space '{wanted}'.",
        code="not_found",
        hint=f"Spaces: {names}    A new one: capsule space create NAME",
    )


def closest(word: str, words: list[str]) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(word, words, n=1)
    return found[0] if found else None
