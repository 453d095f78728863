"""Choose the Python interpreter for a project among those on the machine."""

from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.python.poetry import translate
from capsule.build.toolchain import Interpreter, Toolchain


@dataclass(frozen=True)
class _Wish:
    specifier: SpecifierSet
    text: str
    origin: str
    firm: bool
    """A firm wish that cannot be met ends the plan; another only gets a notice."""


def choose_interpreter(project: Project, toolchain: Toolchain, draft: Draft) -> Interpreter:
    """Return the default interpreter if it fits, else the newest that does, and record the choice.

    Raises Unplannable when no interpreter on the machine meets `requires-python`.
    """
    if not toolchain.pythons:
        raise Unplannable("There is no Python on this machine.", hint="capsule doctor")
    default = toolchain.pythons[0]
    wishes = _wishes(project)
    if not wishes:
        draft.choose("python", default.version, "default")
        draft.show(default.visible)
        return default
    fitting = [p for p in toolchain.pythons if all(_meets(p, wish) for wish in wishes)]
    if fitting:
        chosen, reason = fitting[0], _reason(wishes)
    else:
        firm = [wish for wish in wishes if wish.firm]
        loose = [p for p in toolchain.pythons if all(_meets(p, wish) for wish in firm)]
        if not loose:
            raise Unplannable(
                f"The project needs Python {firm[0].text} ({firm[0].origin}).",
                hint=f"This machine has {_listed(toolchain)}. Install another, or widen the requirement.",
            )
        chosen, reason = loose[0], f"nearest to {_reason(wishes)}"
        wish = next(wish for wish in wishes if not wish.firm)
        draft.notice(
            f"{wish.origin} asks for Python {wish.text}; this machine has {_listed(toolchain)}, so "
            f"{chosen.version} is used."
        )
    draft.choose("python", chosen.version, reason)
    draft.show(chosen.visible)
    return chosen


def _wishes(project: Project) -> list[_Wish]:
    wishes = []
    pinned = _first_line(project.read(".python-version"))
    if not pinned:
        pinned = _first_line(project.read("runtime.txt")).removeprefix("python-")
        origin = "runtime.txt"
    else:
        origin = ".python-version"
    if pinned and (specifier := _pinned(pinned)):
        wishes.append(_Wish(specifier, pinned, origin, firm=False))
    pyproject = project.toml("pyproject.toml")
    required = pyproject.get("project", {}).get("requires-python")
    where = "requires-python in pyproject.toml"
    if not isinstance(required, str):
        poetry = pyproject.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
        required = translate(poetry) if isinstance(poetry, str) else None
        where = "python in [tool.poetry.dependencies]"
    if required:
        try:
            wishes.append(_Wish(SpecifierSet(required), required, where, firm=True))
        except InvalidSpecifier:
            raise Unplannable(
                f"{where} is no version range: {required!r}.", hint="Write such as `>=3.11`."
            ) from None
    return wishes


def _pinned(text: str) -> SpecifierSet | None:
    """`3.12`, `3.12.4` and `cpython-3.12` all mean that minor version; patch levels rarely matter."""
    try:
        release = Version(text.rpartition("-")[2]).release
    except InvalidVersion:
        return None
    return SpecifierSet(f"=={'.'.join(str(part) for part in release[:2])}.*")


def _meets(interpreter: Interpreter, wish: _Wish) -> bool:
    return wish.specifier.contains(interpreter.version, prereleases=True)


def _reason(wishes: list[_Wish]) -> str:
    return " and ".join(f"{wish.origin} ({wish.text})" for wish in wishes)


def _listed(toolchain: Toolchain) -> str:
    return ", ".join(p.version for p in toolchain.pythons)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0] if lines else ""
