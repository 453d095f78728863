"""Find the projects below a folder that is none itself, to name the one that was probably meant."""

from dataclasses import dataclass

from capsule.build.project import Project

_SITE, _IMAGE = "index.html", "Dockerfile"
_MOST = 4


@dataclass(frozen=True)
class Below:
    folder: str
    """Relative to the project."""
    kind: str
    """What plans it, such as `python`."""


def projects_below(project: Project, manifests: dict[str, str]) -> list[Below]:
    """Return what lies up to two folders below, the highest first; `manifests`: file name → kind."""
    kinds = {**manifests, _IMAGE: "docker", _SITE: "static"}
    order = {name: place for place, name in enumerate(kinds)}
    found: dict[str, str] = {}
    for pattern in ("*/*", "*/*/*"):
        files = (path.rpartition("/") for path in project.glob(pattern))
        known = sorted((folder, order[name], name) for folder, _, name in files if name in order)
        for folder, _, name in known:
            if not any(folder == above or folder.startswith(f"{above}/") for above in found):
                found[folder] = kinds[name]
    return [Below(folder, kind) for folder, kind in found.items()]


def said_of(below: list[Below]) -> tuple[str, str]:
    """Return a reason and a way out; both empty when nothing lies below."""
    if not below:
        return "", ""
    shown = ", ".join(f"`{each.folder}` ({each.kind})" for each in below[:_MOST])
    more = f" and {len(below) - _MOST} more folders" if len(below) > _MOST else ""
    which = "it" if len(below) == 1 else "one of them"
    return (
        f"There {'is a project' if len(below) == 1 else 'are projects'} in {shown}{more}.",
        f"Set the project path to {which}, such as `capsule deploy --path {below[0].folder}`.",
    )
