"""Find the web application object of a Python project by reading its source. Imports nothing of it."""

import ast
from dataclasses import dataclass

from capsule.build.project import Project

_FRAMEWORKS = {
    "Flask": "flask",
    "FastAPI": "fastapi",
    "Starlette": "starlette",
    "Quart": "quart",
    "Litestar": "litestar",
}
_ASGI = {"fastapi", "starlette", "quart", "litestar"}
_FACTORIES = ("create_app", "make_app", "build_app")
_USUAL = (
    "main.py",
    "app.py",
    "wsgi.py",
    "asgi.py",
    "server.py",
    "api.py",
    "run.py",
    "application.py",
    "hello.py",
)


@dataclass(frozen=True)
class WebApp:
    framework: str
    module: str
    symbol: str
    file: str
    is_factory: bool = False

    @property
    def is_asgi(self) -> bool:
        return self.framework in _ASGI


def find_web_app(project: Project) -> WebApp | None:
    """Return the first application in the usual files, then in the other modules and packages of the root.

    An application object is preferred to a factory that could make one.
    """
    found = [app for path in _candidates(project) if (app := _look_into(project, path)) is not None]
    return next((app for app in found if not app.is_factory), found[0] if found else None)


def _candidates(project: Project) -> list[str]:
    nested = [
        path for folder in ("", "src/") for path in project.glob(f"{folder}*/*.py") if "test" not in path
    ]
    usual = [path for path in _USUAL if project.has(path)]
    order = {name: index for index, name in enumerate((*_USUAL, "__init__.py"))}
    nested.sort(key=lambda path: (order.get(path.rpartition("/")[2], 99), path))
    others = [path for path in project.python_files if path not in usual]
    return list(dict.fromkeys([*usual, *others, *nested]))[:200]


def _look_into(project: Project, path: str) -> WebApp | None:
    source = project.read(path)
    if not any(name in source for name in _FRAMEWORKS):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    module = path.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    factories: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (framework := _made_inside(node)):
            factories[node.name] = framework
    for node in tree.body:
        target, value = _assignment(node)
        if target is None or not isinstance(value, ast.Call):
            continue
        called = _called(value)
        framework = _FRAMEWORKS.get(called) or factories.get(called)
        if framework:
            return WebApp(framework, module, target, path)
    for name in _FACTORIES:
        if name in factories:
            return WebApp(factories[name], module, name, path, is_factory=True)
    return None


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None, None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _made_inside(function: ast.FunctionDef) -> str | None:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and (framework := _FRAMEWORKS.get(_called(node))):
            return framework
    return None
