"""Pages of an app: their routes, order and wire forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

RESERVED_ROUTES = frozenset(
    ("api", "chat", "connections", "docs", "home", "integrations", "logs", "org", "team", "workflow")
)
_COMPONENTS = (".tsx", ".ts", ".jsx", ".js")


class PageRef:
    """A declared page, to link to; the one from `app.page` is also the decorator of its function."""

    def __init__(
        self,
        name: str,
        route: str,
        decorator: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> None:
        self.name = name
        self.route = route
        self.path = f"/{route}"
        self.href = f"#/{route}"
        self._decorator = decorator

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        if self._decorator is None:
            raise TypeError(f"Page {self.name!r} is a React page; it decorates no function.")
        return self._decorator(fn)

    def __str__(self) -> str:
        return self.route

    def __repr__(self) -> str:
        return f"PageRef({self.name!r}, {self.route!r})"


def normalize_route(text: str) -> str:
    """Return the route that a name or a written route means: lower case, dashes, `/` between segments."""
    text = text.strip().removeprefix("#").lstrip("/")
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    segments = (re.sub(r"[^a-z0-9]+", "-", segment.lower()).strip("-") for segment in text.split("/"))
    return "/".join(segment for segment in segments if segment)


def unique(packages: Sequence[str]) -> list[str]:
    """Return the packages without blanks and repeats, in order."""
    return list(dict.fromkeys(stripped for package in packages if (stripped := package.strip())))


@dataclass
class PageEntry:
    """One page; `content` holds the frozen tree or the component."""

    name: str
    route: str
    icon: str
    type: str
    order: int
    access: str
    content: dict[str, Any] = field(default_factory=dict)

    def to_dict(self, packages: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": self.name,
            "icon": self.icon,
            "route": self.route,
            "type": self.type,
            "order": self.order,
            "access": self.access,
        }
        found.update(self.content)
        if self.type == "react":
            found["packages"] = unique([*packages, *self.content["packages"]])
        return found


class PageList:
    """The pages of one app."""

    def __init__(self) -> None:
        self._entries: list[PageEntry] = []
        self._next_order = 0

    def reserve(
        self, name: str, *, route: str | None, icon: str, kind: str, order: int | None, access: str
    ) -> PageEntry:
        """Check a page's route and order and return its entry, not yet part of the list."""
        if not isinstance(name, str) or not name.strip():
            raise ValueError("A page needs a name.")
        wanted = normalize_route(name if route is None else route)
        if not wanted:
            raise ValueError(f"Page {name!r} has no usable route; give it one with route='...'.")
        if wanted in RESERVED_ROUTES:
            if route is not None:
                raise ValueError(f"Route {wanted!r} belongs to the platform; choose another one.")
            wanted = f"{wanted}-page"
        if any(entry.route == wanted for entry in self._entries):
            raise ValueError(f"Two pages have the route {wanted!r}.")
        if order is None:
            order = self._next_order
        self._next_order = max(self._next_order, order + 1)
        return PageEntry(name, wanted, icon, kind, order, access)

    def add(self, entry: PageEntry) -> None:
        if any(entry.route == other.route for other in self._entries):
            raise ValueError(f"Two pages have the route {entry.route!r}.")
        self._entries.append(entry)

    def route_of(self, page: Any) -> str:
        """Return the route that a `PageRef`, a page's name or a route means."""
        if isinstance(page, PageRef):
            return page.route
        for entry in self._entries:
            if entry.name == page:
                return entry.route
        return normalize_route(str(page))

    def to_wire(self, packages: Sequence[str]) -> list[dict[str, Any]]:
        return [entry.to_dict(packages) for entry in sorted(self._entries, key=lambda entry: entry.order)]


def check_component(component: str) -> str:
    """Return the path of a React component inside the project."""
    if not isinstance(component, str) or not component.endswith(_COMPONENTS):
        raise ValueError(f"A component is a .tsx, .ts, .jsx or .js file; got {component!r}.")
    if component.startswith("/") or ".." in component.split("/"):
        raise ValueError(f"A component lies inside the project; got {component!r}.")
    return component
