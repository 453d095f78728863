"""What `capsule up` says once everything runs, and what it says when the server stops."""

from dataclasses import dataclass

from capsule.settings import Settings


@dataclass(frozen=True)
class FirstLogin:
    """The first admin, told once."""

    email: str
    password: str | None
    """None when the person who installs chose it."""


def console_url(settings: Settings) -> str:
    return f"http://{settings.domain}:{settings.port}"


def ready(settings: Settings, first: FirstLogin | None, *, demo_names: tuple[str, ...]) -> str:
    """Return the lines that tell where to look next."""
    url = console_url(settings)
    lines = ["", f"  Capsule is running at {url}", ""]
    if first is not None:
        lines.append(f"  First admin   {first.email}")
        if first.password is not None:
            lines.append(f"  Password      {first.password}   (shown once; keep it)")
        lines.append("")
    if demo_names:
        lines.append("  Demo space, live in a moment:")
        lines += [f"    http://{name}.{settings.domain}:{settings.port}" for name in demo_names]
        lines.append("")
    lines.append("  The `capsule` command is logged in: try `capsule list`.")
    return "\n".join(lines)


def stopped(settings: Settings) -> str:
    """Return what still runs, and how to go on or end it."""
    again, everything = f"capsule up{_data(settings)}", f"capsule down --all{_data(settings)}"
    width = max(len(again), len(everything)) + 3
    return (
        "\nThe server has stopped. Edge, node agent and app host stay, so capsules keep being served.\n"
        f"  {again:<{width}}start the server again\n"
        f"  {everything:<{width}}stop everything"
    )


def _data(settings: Settings) -> str:
    default = type(settings).model_fields["data"].get_default(call_default_factory=True)
    return "" if settings.data == default else f" --data {settings.data}"
