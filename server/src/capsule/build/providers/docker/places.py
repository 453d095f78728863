"""Find the Dockerfile and the folder of its context, both inside the project."""

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable

_USUAL = "Dockerfile"
_NEAR = ("dockerfile", "containerfile")
_MOST = 5


def find_dockerfile(project: Project, wanted: str) -> tuple[str, str]:
    """Return the path and why it is that one. Raises Unplannable."""
    path = wanted or _USUAL
    if project.has(path):
        return path, "Dockerfile in the capsule's config" if wanted else "default"
    if project.leaves(path):
        raise Unplannable(
            f"The Dockerfile {path} leaves the project.", hint="Put a real file into the project."
        )
    if project.has_folder(path):
        raise Unplannable(f"{path} is a folder, not a Dockerfile.", hint=f"Set {path}/{_USUAL}.")
    near = [name for name in (*project.glob("*"), *project.glob("*/*")) if _is_near(name)]
    there = f"The project has {', '.join(near[:_MOST])}" if near else "The project has no other"
    raise Unplannable(
        f"There is no file {path} in the project.",
        hint=f"{there}; set the Dockerfile's location in the capsule's config."
        if near
        else f"{there}; add one, or set the project path if it lies deeper.",
    )


def find_context(project: Project, wanted: str) -> str:
    """Return the folder relative to the project, `` for the project itself. Raises Unplannable."""
    if not wanted:
        return ""
    if project.has_folder(wanted):
        return wanted
    if project.leaves(wanted):
        raise Unplannable(f"The build context {wanted} leaves the project.", hint="Give a folder inside it.")
    raise Unplannable(
        f"There is no folder {wanted} in the project, which is to be the build context.",
        hint="Correct the Docker build context; empty means the project itself.",
    )


def _is_near(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return any(word in name for word in _NEAR) and not name.endswith(".dockerignore")
