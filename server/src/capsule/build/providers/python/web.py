"""Find the web application of a Python project by reading its source. Imports nothing of it."""

import ast
from dataclasses import dataclass

from capsule.build.project import Project

_FRAMEWORKS = {
    "Flask": "flask",
    "FastAPI": "fastapi",
    "Starlette": "starlette",
    "Quart": "quart",
    "Litestar": "litestar",
    "Sanic": "sanic",
    "Bottle": "bottle",
    "Application": "aiohttp",
    "App": "falcon",
}
_OF_MANY = {"aiohttp", "falcon"}
"""Other libraries have a class of that name as well, so the module must import this one."""
_SCRIPTED = {
    "Streamlit": "streamlit",
    "Gradio": "gradio",
    "Chainlit": "chainlit",
    "Panel": "panel",
    "Dash": "dash",
}
"""These start a file, not an object in it."""
_TITLES = {framework: name for name, framework in (_FRAMEWORKS | _SCRIPTED).items()} | {
    "aiohttp": "aiohttp",
    "falcon": "Falcon",
}
_FACTORIES = ("create_app", "make_app", "build_app")
_USUAL = (
    "main.py",
    "app.py",
    "streamlit_app.py",
    "Home.py",
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
    """Empty for what is started as a file."""
    file: str
    is_factory: bool = False
    runs_when_imported: bool = False
    """The module starts a server of its own as soon as it is imported."""

    @property
    def title(self) -> str:
        return _TITLES[self.framework]


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
    source = project.text(path)
    if not any(name in source for name in (*_FRAMEWORKS, *_SCRIPTED.values())):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    module = path.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    imported = _imported(tree)
    app = _application(tree, imported, module, path)
    if app is not None:
        return app
    if "streamlit" in imported and "/" not in path:
        return WebApp("streamlit", module, "", path)
    if "gradio" in imported and "launch" in source:
        return WebApp("gradio", module, "", path)
    if "chainlit" in imported and "/" not in path:
        return WebApp("chainlit", module, "", path)
    if "panel" in imported and ".servable(" in source:
        return WebApp("panel", module, "", path)
    if "dash" in imported and (server := _server_of_dash(tree)):
        return WebApp("dash", module, server, path)
    return None


def _application(tree: ast.Module, imported: set[str], module: str, path: str) -> WebApp | None:
    frameworks = {
        name: framework
        for name, framework in _FRAMEWORKS.items()
        if framework not in _OF_MANY or framework in imported
    }
    factories: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (framework := _made_inside(node, frameworks)):
            factories[node.name] = framework
    for node in tree.body:
        target, value = _assignment(node)
        if target is None or not isinstance(value, ast.Call):
            continue
        called = _called(value)
        framework = frameworks.get(called) or factories.get(called)
        if framework:
            return WebApp(framework, module, target, path, runs_when_imported=_runs_when_imported(tree))
    for name in _FACTORIES:
        if name in factories:
            return WebApp(factories[name], module, name, path, is_factory=True)
    return None


def _server_of_dash(tree: ast.Module) -> str:
    """Return the name of the Flask application within a Dash one: of `server = app.server`."""
    for node in tree.body:
        target, value = _assignment(node)
        if target is not None and isinstance(value, ast.Attribute) and value.attr == "server":
            return target
    return ""


def _imported(tree: ast.Module) -> set[str]:
    """Return the packages that are imported at the top of a module."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _runs_when_imported(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and _called(node.value) in ("run", "run_app", "serve")
        for node in tree.body
    )


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None, None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _made_inside(function: ast.FunctionDef, frameworks: dict[str, str]) -> str | None:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and (framework := frameworks.get(_called(node))):
            return framework
    return None
