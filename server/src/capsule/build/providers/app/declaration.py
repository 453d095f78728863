"""Read what an app's `Image(...)` declares, without running the app.

The packages must be known before they are installed, and the app can only be imported after. So this reads
literals: lists and strings, also by way of a constant of the module, and the `add_…` methods.
"""

import ast
from dataclasses import dataclass, field

from capsule.build.project import Project

_FIELDS = ("python_packages", "apt_packages", "commands")


@dataclass
class ImageDeclaration:
    python_packages: list[str] = field(default_factory=list)
    requirements_file: str = ""
    apt_packages: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    origin: str = ""
    """File and line of `Image(...)`; empty when there is none."""
    unread: list[str] = field(default_factory=list)
    """Arguments that are no literals."""


def read_image(project: Project, path: str, tree: ast.Module) -> ImageDeclaration:
    """Return what the entry's module declares, else what the project's modules that it imports do."""
    found = _read_module(path, tree)
    if found.origin:
        return found
    for other in _imported(project, tree):
        try:
            nested = _read_module(other, ast.parse(project.read(other)))
        except (SyntaxError, ValueError):
            continue
        if nested.origin:
            return nested
    return found


def _read_module(path: str, tree: ast.Module) -> ImageDeclaration:
    found = ImageDeclaration()
    constants = _constants(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.end_lineno or 0, call.end_col_offset or 0))
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "Image":
            found.origin = found.origin or f"Image(...) in {path} line {call.lineno}"
            for keyword in call.keywords:
                if keyword.arg in _FIELDS:
                    _take(found, keyword.arg, keyword.value, constants)
        elif name.startswith("add_") and name[4:] in _FIELDS and found.origin:
            for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
                _take(found, name[4:], value, constants)
    return found


def _take(found: ImageDeclaration, name: str, node: ast.expr, constants: dict[str, ast.expr]) -> None:
    value = _literal(node, constants)
    if value is None:
        found.unread.append(name)
    elif isinstance(value, str):
        if name == "python_packages":
            found.requirements_file = value
        else:
            getattr(found, name).append(value)
    else:
        getattr(found, name).extend(value)


def _literal(node: ast.expr, constants: dict[str, ast.expr]) -> str | list[str] | None:
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, constants), _literal(node.right, constants)
        return left + right if isinstance(left, list) and isinstance(right, list) else None
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    if value is None:
        return []
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return list(value)
    return None


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return found


def _imported(project: Project, tree: ast.Module) -> list[str]:
    paths = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            base = node.module.replace(".", "/")
            path = project.first(f"{base}.py", f"{base}/__init__.py")
            if path:
                paths.append(path)
    return paths
