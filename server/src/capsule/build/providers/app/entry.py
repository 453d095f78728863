"""Find and check an app's entry, `path/to/file.py:symbol`, as far as that goes without running it."""

import ast
import re
from dataclasses import dataclass

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable

_USUAL = ("app.py", "main.py", "agent.py", "bot.py")
_SYMBOL = re.compile(r"^[A-Za-z_]\w*$")


@dataclass(frozen=True)
class Entry:
    path: str
    symbol: str
    tree: ast.Module
    reason: str

    @property
    def text(self) -> str:
        return f"{self.path}:{self.symbol}"


def find_entry(project: Project, wanted: str) -> Entry:
    """Return the entry that is set, else the only app in one of the usual files.

    Raises Unplannable for a malformed entry, a missing file or symbol, and a syntax error in the file.
    """
    if wanted.strip():
        return _given(project, wanted.strip())
    for path in [*_USUAL, *project.python_files]:
        if not project.has(path) or "cpsl" not in project.read(path):
            continue
        tree = _parse(project, path)
        symbols = _apps(tree)
        if symbols:
            return Entry(path, symbols[0], tree, f"the first app in {path}")
    raise Unplannable(
        "No app was found in the project's Python files.", hint="Name it, such as `app.py:app`."
    )


def _given(project: Project, wanted: str) -> Entry:
    path, separator, symbol = wanted.rpartition(":")
    if not separator or not path or not _SYMBOL.match(symbol):
        suggestion = wanted if wanted.endswith(".py") else "app.py"
        raise Unplannable(
            f"The entry {wanted!r} names no app: it must be `file.py:symbol`.",
            hint=f"Such as `{suggestion}:app`.",
        )
    path = path.removeprefix("./")
    if not path.endswith(".py") and project.has(f"{path}.py"):
        path = f"{path}.py"
    if not project.has(path):
        names = ", ".join(project.python_files[:8]) or "none"
        raise Unplannable(
            f"The entry's file {path!r} is not in the project.", hint=f"Python files there: {names}."
        )
    tree = _parse(project, path)
    if not _defines(tree, symbol):
        known = ", ".join(_apps(tree))
        hint = f"Apps in it: {known}." if known else "Define it there: `app = App(…, image=Image(…))`."
        raise Unplannable(f"The file {path!r} defines no {symbol!r}.", hint=hint)
    return Entry(path, symbol, tree, "entry in the capsule's config")


def _parse(project: Project, path: str) -> ast.Module:
    try:
        return ast.parse(project.read(path), filename=path)
    except SyntaxError as exc:
        line = (exc.text or "").strip()
        raise Unplannable(
            f"{path} has a syntax error in line {exc.lineno}: {exc.msg}.",
            hint=f"Mend the line `{line}`." if line else f"Mend {path}.",
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise Unplannable(f"{path} is no Python file: {exc}.", hint=f"Mend {path}.") from exc


def _defines(tree: ast.Module, symbol: str) -> bool:
    """Say whether the module may define `symbol`; a star import may define anything."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == symbol:
            return True
        if isinstance(node, ast.Name) and node.id == symbol and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.asname or alias.name.split(".")[0] for alias in node.names}
            if symbol in names or "*" in names:
                return True
    return False


def _apps(tree: ast.Module) -> list[str]:
    """Return classes decorated with `@….cls` first: where there is one, it is the entry."""
    classes = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(_attribute(d) == "cls" for d in node.decorator_list)
    ]
    objects = [
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and (getattr(node.value.func, "id", "") or _attribute(node.value.func)) == "App"
    ]
    return [*classes, *objects]


def _attribute(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else ""
