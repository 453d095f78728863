"""Turn an entry such as `dir/app.py:app` into the app it names, or into one line saying why not."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from cpsl._app import App
from cpsl._jsonable import to_jsonable
from cpsl.wire import PROTOCOL


class LoadError(Exception):
    """The entry cannot be loaded; the text is one line for people."""


@dataclass(frozen=True)
class Definition:
    """A loaded app."""

    app: App
    module: str

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of everything the module declared, whatever the order."""
        found: dict[str, Any] = to_jsonable(self.app._serialize())
        has_exit = self.app._declared_handlers().exit is not None
        return {**found, "module": self.module, "protocol": PROTOCOL, "has_exit": has_exit}


def load(entry: str) -> Definition:
    """Change into the entry's directory, import its file and find its symbol.

    Raises LoadError.
    """
    path, symbol = _split(entry)
    file = Path(path if path.endswith(".py") else f"{path}.py")
    if not file.is_file():
        raise LoadError(f"There is no file {str(file)!r} in {Path.cwd()}.")
    if file.parent != Path():
        os.chdir(file.parent)
    directory = os.getcwd()
    if directory not in sys.path:
        sys.path.insert(0, directory)
    module = _import(Path(file.name))
    if not hasattr(module, symbol):
        raise LoadError(f"{file.name} has no {symbol!r}.{_suggestion(module)}")
    return Definition(_to_app(getattr(module, symbol), file.name, symbol), module.__name__)


def _split(entry: str) -> tuple[str, str]:
    path, colon, symbol = entry.rpartition(":")
    if not colon or not path.strip() or not symbol.strip():
        raise LoadError(f"{entry!r} is no entry. Write it as path/to/file.py:symbol, such as app.py:app.")
    return path.strip(), symbol.strip()


def _import(file: Path) -> ModuleType:
    name = file.stem
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise LoadError(f"{str(file)!r} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as exc:
        where = _shown(exc.filename or str(file))
        raise LoadError(f"{where}:{exc.lineno}: SyntaxError: {exc.msg}") from exc
    except (Exception, SystemExit) as exc:
        raise LoadError(_describe(exc)) from exc
    return module


def _describe(exc: BaseException) -> str:
    """Return the last line of the user's own code in a traceback, with the error."""
    frames = traceback.extract_tb(exc.__traceback__)
    own = [frame for frame in frames if is_own(frame.filename)]
    where = f"{_shown(own[-1].filename)}:{own[-1].lineno}: " if own else ""
    text = traceback.format_exception_only(type(exc), exc)[-1].strip()
    hint = ""
    if isinstance(exc, ModuleNotFoundError):
        hint = " (add it to requirements.txt or to Image(python_packages=[...]))"
    return f"{where}{text}{hint}"


def is_own(filename: str) -> bool:
    """Tell whether a file belongs to the app itself rather than to a package."""
    path = Path(filename)
    inside = path.is_absolute() and path.is_relative_to(Path.cwd())
    return inside and not {"site-packages", ".venv", "venv"} & set(path.parts)


def _shown(filename: str) -> str:
    with contextlib.suppress(ValueError):
        return str(Path(filename).relative_to(Path.cwd()))
    return filename


def _to_app(found: object, file: str, symbol: str) -> App:
    if isinstance(found, type):
        app = vars(found).get("__capsule_app__")
        if isinstance(app, App):
            return app
        raise LoadError(f"{file}:{symbol} is a class without @app.cls(image=...).")
    if not isinstance(found, App):
        raise LoadError(
            f"{file}:{symbol} is a {type(found).__name__};"
            " an entry names a cpsl.App or a class with @app.cls."
        )
    if found._resources.image is None:
        raise LoadError(
            f"{file}:{symbol} is an App without an image; write App({found.name!r}, image=cpsl.Image())."
        )
    return found


def _suggestion(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if isinstance(value, App) or (isinstance(value, type) and "__capsule_app__" in vars(value))
    ]
    return f" Did you mean {module.__name__}.py:{names[0]}?" if names else ""
