"""Turn the syntax tree of a Python file into what its top level defines, and which of that is an app."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

SDK = ("cpsl",)


@dataclass(frozen=True)
class Binding:
    """What one name at the top level of a file stands for."""

    kind: str
    """`app`, `class` (under `@app.cls`), `other` (surely no app) or `unknown` (known only when run)."""
    description: str = ""
    app_name: str | None = None
    has_image: bool = False
    declaration: str = ""
    classes: tuple[str, ...] = ()
    """Of an app: names of its classes."""
    is_import: bool = False


@dataclass
class Declarations:
    bindings: dict[str, Binding] = field(default_factory=dict)
    has_star_import: bool = False

    @property
    def candidates(self) -> list[str]:
        """Names that can be an entry, as the file declares them."""
        return [
            name
            for name, binding in self.bindings.items()
            if binding.kind == "class" or (binding.kind == "app" and not binding.classes)
        ]


def read_declarations(module: ast.Module) -> Declarations:
    """Return what the top level of `module` defines (also inside `if`, `try` and `with`)."""
    found = Declarations()
    imports: dict[str, str] = {}
    constants: dict[str, str] = {}
    for statement in _top_level(module.body):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                name = alias.asname or alias.name.split(".")[0]
                imports[name] = alias.name if alias.asname else name
                found.bindings[name] = Binding("other", f"the module {alias.name}", is_import=True)
        elif isinstance(statement, ast.ImportFrom):
            _read_import_from(statement, found, imports)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.bindings[statement.name] = Binding("other", "a function")
        elif isinstance(statement, ast.ClassDef):
            _read_class(statement, found)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    if isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
                        constants[target.id] = statement.value.value
                    found.bindings[target.id] = _value(statement.value, found, imports, constants)
                elif isinstance(target, (ast.Tuple, ast.List)):
                    for element in target.elts:
                        if isinstance(element, ast.Name):
                            found.bindings[element.id] = Binding("unknown", "a value")
    return found


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            yield from _top_level(statement.body)
            for more in ("orelse", "finalbody"):
                yield from _top_level(getattr(statement, more, []))
            for handler in getattr(statement, "handlers", []):
                yield from _top_level(handler.body)


def _read_import_from(statement: ast.ImportFrom, found: Declarations, imports: dict[str, str]) -> None:
    module = "." * statement.level + (statement.module or "")
    for alias in statement.names:
        if alias.name == "*":
            if module in SDK:
                imports["App"] = "cpsl.App"
            else:
                found.has_star_import = True
            continue
        name = alias.asname or alias.name
        imports[name] = f"{module}.{alias.name}"
        # An app may be made in another file of the project and imported here.
        kind = "other" if module.split(".")[0] in SDK else "unknown"
        found.bindings[name] = Binding(kind, f"imported from {module}", is_import=True)


def _read_class(statement: ast.ClassDef, found: Declarations) -> None:
    for decorator in statement.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not (isinstance(target, ast.Attribute) and target.attr == "cls"):
            continue
        owner = found.bindings.get(target.value.id) if isinstance(target.value, ast.Name) else None
        if isinstance(target.value, ast.Name) and owner is not None and owner.kind == "app":
            found.bindings[target.value.id] = replace(owner, classes=(*owner.classes, statement.name))
        extra = ast.dump(decorator) if isinstance(decorator, ast.Call) else ""
        found.bindings[statement.name] = Binding(
            "class",
            "an app class",
            app_name=owner.app_name if owner else None,
            has_image=True,
            declaration=(owner.declaration if owner else "") + extra,
        )
        return
    found.bindings[statement.name] = Binding("other", "a class without @app.cls")


def _value(
    value: ast.expr, found: Declarations, imports: dict[str, str], constants: dict[str, str]
) -> Binding:
    if isinstance(value, ast.Name):
        known = found.bindings.get(value.id, Binding("unknown", "a value"))
        return replace(known, is_import=False)
    if isinstance(value, (ast.Constant, ast.JoinedStr)):
        return Binding("other", "a text or number")
    if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.Lambda)):
        return Binding("other", f"a {type(value).__name__.lower()}")
    if not isinstance(value, ast.Call):
        return Binding("unknown", "a value")
    called = _dotted(value.func, imports)
    if called in tuple(f"{module}.App" for module in SDK):
        return _app(value, constants)
    last = called.rpartition(".")[2]
    origin = called.split(".")[0]
    is_foreign_class = last[:1].isupper() and origin not in ("", *found.bindings)
    if origin in SDK or is_foreign_class or (last[:1].isupper() and origin in imports):
        return Binding("other", f"made by {called}(…)")
    return Binding("unknown", f"made by {called}(…)" if called else "a value")


def _app(call: ast.Call, constants: dict[str, str]) -> Binding:
    names = [keyword.arg for keyword in call.keywords]
    written = (
        call.args[0]
        if call.args
        else next((keyword.value for keyword in call.keywords if keyword.arg == "name"), None)
    )
    name = None
    if isinstance(written, ast.Constant) and isinstance(written.value, str):
        name = written.value
    elif isinstance(written, ast.Name):
        name = constants.get(written.id)
    return Binding(
        "app",
        "an app",
        app_name=name,
        # `**options` may hold it.
        has_image="image" in names or None in names,
        declaration=ast.dump(call),
    )


def _dotted(node: ast.expr, imports: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return imports.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, imports)
        return f"{owner}.{node.attr}" if owner else node.attr
    return ""
