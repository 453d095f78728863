"""Declarations of what an app shows: pages, shell, landing page, onboarding, theme."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._home import HomeConfig, Suggestion
from ._pages import PageList, PageRef, check_component, unique
from ._theme import PresetName, Radius, Theme, resolve_theme
from ._types import ACCESS_LEVELS, AccessLevel, F, check_word
from ._widgets import count_widgets, freeze

_MAX_INLINE = 512 * 1024


class PageDeclarations:
    """The part of `App` that declares what people see."""

    def __init__(self) -> None:
        self._pages = PageList()
        self._npm_packages: list[str] = []
        self._home: HomeConfig | None = None
        self._home_suggestions: Callable[..., Any] | None = None
        self._chat_page: dict[str, Any] | None = None
        self._onboarding: dict[str, Any] | None = None
        self._shell: dict[str, Any] | None = None
        self._theme: Theme | None = None

    def add_npm_packages(self, *packages: str) -> None:
        """Offer packages to every React page; blanks and repeats are ignored."""
        self._npm_packages = unique([*self._npm_packages, *packages])

    def add_page(
        self,
        name: str,
        *,
        icon: str = "file",
        component: str,
        packages: list[str] | None = None,
        order: int | None = None,
        access: AccessLevel = "public",
        route: str | None = None,
        hidden: bool = False,
    ) -> PageRef:
        """Declare a React page; `component` is a path inside the project."""
        check_word(access, ACCESS_LEVELS, "access")
        entry = self._pages.reserve(name, route=route, icon=icon, kind="react", order=order, access=access)
        entry.content = {"component": check_component(component), "packages": list(packages or [])}
        if hidden:
            entry.content["hidden"] = True
        self._pages.add(entry)
        return PageRef(name, entry.route)

    def page(
        self,
        name: str,
        *,
        icon: str = "file",
        order: int | None = None,
        access: AccessLevel = "public",
        route: str | None = None,
    ) -> PageRef:
        """Decorate the function that returns a page of `cpsl.ui` widgets; it is called once."""
        check_word(access, ACCESS_LEVELS, "access")
        entry = self._pages.reserve(name, route=route, icon=icon, kind="dsl", order=order, access=access)

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            entry.content = {"widget_tree": freeze(fn)}
            self._pages.add(entry)
            return fn

        return PageRef(name, entry.route, register)

    def chat_page(
        self,
        *,
        mode: str = "multi",
        scope: str = "owner",
        thread_key: str = "chat_page:default",
        sidebar_label: str = "Chat",
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Replace the chat view by a layout with exactly one `ui.ChatPanel`."""
        check_word(mode, ("multi", "single"), "mode")
        check_word(scope, ("owner",), "scope")
        if not thread_key.strip() or not sidebar_label.strip():
            raise ValueError("thread_key and sidebar_label must not be blank.")

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            tree = freeze(fn)
            panels = count_widgets(tree, "chat_panel")
            if panels != 1:
                raise ValueError(f"A chat page has exactly one ui.ChatPanel; {fn.__name__}() has {panels}.")
            self._chat_page = {
                "mode": mode,
                "scope": scope,
                "thread_key": thread_key,
                "sidebar_label": sidebar_label,
                "widget_tree": tree,
            }
            return fn

        return register

    def shell(
        self,
        *,
        home: str = "default",
        show_sidebar: bool = True,
        show_header: bool = True,
        show_pages: bool = True,
        show_chats: bool = True,
        default_page: Any | None = None,
    ) -> None:
        """Choose what surrounds the pages and what the root shows."""
        check_word(home, ("default", "chat", "hidden"), "home")
        self._shell = {
            "home": home,
            "show_sidebar": show_sidebar,
            "show_header": show_header,
            "show_pages": show_pages,
            "show_chats": show_chats,
            "default_page": default_page,
        }

    def home(
        self,
        *,
        title: str | None = None,
        subtitle: str | None = None,
        suggestions: list[Suggestion] | tuple[Suggestion, ...] | None = None,
        access: AccessLevel = "public",
    ) -> None:
        """Declare title, subtitle and fixed suggestions of the landing page."""
        check_word(access, ACCESS_LEVELS, "access")
        for entry in suggestions or ():
            if not isinstance(entry, Suggestion):
                raise TypeError(f"suggestions= takes cpsl.Suggestion; got {type(entry).__name__}.")
        self._home = replace(
            self._home or HomeConfig(),
            title=title,
            subtitle=subtitle,
            suggestions=tuple(suggestions or ()),
            access=access,
        )

    def home_body(
        self, *, access: AccessLevel = "public"
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate the function that returns the landing page's `ui.Page`; it is called once."""
        check_word(access, ACCESS_LEVELS, "access")

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            self._home = replace(self._home or HomeConfig(), widget_tree=freeze(fn, "page"), access=access)
            return fn

        return register

    def home_suggestions(self, *, ttl: int = 0, access: AccessLevel = "public") -> Callable[[F], F]:
        """Decorate the function that makes suggestions for a visitor."""
        check_word(access, ACCESS_LEVELS, "access")
        if ttl < 0:
            raise ValueError(f"ttl must not be negative; got {ttl}.")

        def register(fn: F) -> F:
            self._home_suggestions = fn
            self._home = replace(
                self._home or HomeConfig(),
                dynamic_suggestions=True,
                dynamic_suggestions_access=access,
                dynamic_suggestions_ttl=ttl,
            )
            return fn

        return register

    def add_onboarding(
        self, *, component: str, packages: list[str] | None = None, redirect: str | None = None
    ) -> None:
        """Declare a React onboarding, shown to a user until completed."""
        content = {"component": check_component(component), "packages": list(packages or [])}
        self._set_onboarding({"type": "react", **content}, redirect)

    def onboarding(
        self, *, redirect: str | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate the function that returns the onboarding's widgets; it is called once."""

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            self._set_onboarding({"type": "dsl", "widget_tree": freeze(fn)}, redirect)
            return fn

        return register

    def _set_onboarding(self, content: dict[str, Any], redirect: str | None) -> None:
        if self._onboarding is not None:
            raise ValueError("An app has one onboarding; this one has two.")
        self._onboarding = {**content, **({"redirect": redirect} if redirect else {})}

    def theme(
        self,
        *,
        preset: PresetName | None = None,
        logo: str | None = None,
        logo_background: str | None = None,
        tagline: str | None = None,
        title: str | None = None,
        description: str | None = None,
        site_name: str | None = None,
        preview_image: str | None = None,
        favicon: str | None = None,
        primary: str | None = None,
        accent: str | None = None,
        background: str | None = None,
        foreground: str | None = None,
        sidebar: str | None = None,
        surface: str | None = None,
        border: str | None = None,
        muted: str | None = None,
        danger: str | None = None,
        success: str | None = None,
        font_sans: str | None = None,
        font_mono: str | None = None,
        radius: Radius | None = None,
    ) -> None:
        """Choose the look; a later call replaces the earlier one."""
        given = {name: value for name, value in locals().items() if name != "self"}
        self._theme = resolve_theme(**given)

    def _describe_pages(self) -> dict[str, Any]:
        """Return the keys of the manifest that tell what the app shows."""
        return {
            "npm_packages": list(self._npm_packages),
            "pages": self._pages.to_wire(self._npm_packages),
            "home": None if self._home is None else self._home.to_dict(),
            "chat": self._chat_page,
            "onboarding": self._onboarding_to_wire(),
            "shell": self._shell_to_wire(),
            "theme": None if self._theme is None else _inline_assets(self._theme.to_dict()),
        }

    def _onboarding_to_wire(self) -> dict[str, Any] | None:
        if self._onboarding is None or self._onboarding["type"] != "react":
            return self._onboarding
        packages = unique([*self._npm_packages, *self._onboarding["packages"]])
        return {**self._onboarding, "packages": packages}

    def _shell_to_wire(self) -> dict[str, Any] | None:
        if self._shell is None:
            return None
        found = dict(self._shell)
        page = found.pop("default_page")
        return found if page is None else {**found, "default_page": self._pages.route_of(page)}


def _inline_assets(theme: dict[str, Any]) -> dict[str, Any]:
    """Return the theme with local pictures as data URIs; missing and too large ones are left out."""
    found = dict(theme)
    for name in ("logo", "preview_image", "favicon"):
        source = found.get(name)
        if not source or source.startswith(("http://", "https://", "data:")):
            continue
        path = Path(source)
        if path.is_file() and path.stat().st_size <= _MAX_INLINE:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            found[name] = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
        else:
            del found[name]
    return found
