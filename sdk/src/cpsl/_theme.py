"""Colours, fonts and branding of an app's pages."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

PresetName = Literal["dark", "light", "midnight", "warm"]
Radius = Literal["sm", "md", "lg"]

_SANS = '"Inter", ui-sans-serif, system-ui, sans-serif'
_ROLES = (
    "primary",
    "accent",
    "background",
    "foreground",
    "sidebar",
    "surface",
    "border",
    "muted",
    "danger",
    "success",
)


def _preset(colours: str) -> dict[str, str]:
    return {**dict(zip(_ROLES, colours.split(), strict=True)), "font_sans": _SANS}


PRESETS: dict[str, dict[str, str]] = {
    "dark": _preset("#60a5fa #60a5fa #1a1a1a #f0f0f0 #1a1a1a #232323 #303030 #969696 #f87171 #86efac"),
    "light": _preset("#2563eb #d97706 #faf9f6 #16140f #faf9f6 #f2f1ed #dcdad4 #6b665b #dc2626 #16a34a"),
    "midnight": _preset("#38bdf8 #a78bfa #0f172a #e2e8f0 #0f172a #1e293b #293449 #94a3b8 #f87171 #34d399"),
    "warm": _preset("#b45309 #dc8b4f #fdf8f0 #292524 #fdf8f0 #faebd7 #d6cfc7 #78716c #b91c1c #15803d"),
}


@dataclass
class Theme:
    """A look. Fields left out fall back to the preset, then to the platform's own."""

    preset: PresetName | None = None
    logo: str | None = None
    logo_background: str | None = None
    tagline: str | None = None
    title: str | None = None
    description: str | None = None
    site_name: str | None = None
    preview_image: str | None = None
    favicon: str | None = None
    primary: str | None = None
    accent: str | None = None
    background: str | None = None
    foreground: str | None = None
    sidebar: str | None = None
    surface: str | None = None
    border: str | None = None
    muted: str | None = None
    danger: str | None = None
    success: str | None = None
    font_sans: str | None = None
    font_mono: str | None = None
    radius: Radius | None = None

    def to_dict(self) -> dict[str, Any]:
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    def merge(self, overrides: dict[str, Any]) -> Theme:
        """Return a theme in which `overrides` that are not None replace the fields of this one."""
        names = {f.name for f in fields(self)}
        unknown = sorted(set(overrides) - names)
        if unknown:
            raise ValueError(f"A theme has no field {unknown[0]!r}; it has {', '.join(sorted(names))}.")
        return replace(self, **{name: value for name, value in overrides.items() if value is not None})


def resolve_theme(preset: PresetName | None = None, **overrides: Any) -> Theme:
    """Return the theme of a preset with single fields replaced."""
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"There is no theme preset {preset!r}; there are {', '.join(PRESETS)}.")
    radius = overrides.get("radius")
    if radius is not None and radius not in ("sm", "md", "lg"):
        raise ValueError(f"radius must be one of sm, md, lg; got {radius!r}.")
    base = Theme(preset=preset).merge(dict(PRESETS[preset])) if preset else Theme()
    return base.merge(overrides)
