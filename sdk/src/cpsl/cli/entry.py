"""Turn `path/to/file.py:symbol` into a checked entry by reading the file; none of the user's code is run.

Knows the shapes in which an app is declared (`app = cpsl.App(…)`, a class under `@app.cls`), so that a
mistake is found before anything is sent. What cannot be known without running (an app made by a function)
is let through: the platform loads the entry for real.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from cpsl._problems import InvalidInput
from cpsl.cli.declarations import Binding, Declarations, read_declarations
from cpsl.cli.invocation import closest

PROJECT_MARKS = ("pyproject.toml", "requirements.txt", ".git")


class EntryRefused(InvalidInput):
    code = "invalid_entry"


@dataclass(frozen=True)
class Entry:
    """An entry that can be sent."""

    root: Path
    """Directory that is packed; `file` lies in it."""
    file: str
    """Path of the file, relative to `root`, with slashes."""
    symbol: str
    name: str | None
    """The app's name where it is written out in the file."""
    declaration: str
    """Changes exactly when the arguments of the app change (image, secrets, mounts, …)."""

    def __str__(self) -> str:
        return f"{self.file}:{self.symbol}"


def looks_like_entry(text: str) -> bool:
    """Whether `text` means an entry and not a directory."""
    path, _, symbol = text.rpartition(":")
    return text.endswith(".py") or path.endswith(".py") or (bool(path) and symbol.isidentifier())


def read_entry(text: str, *, cwd: Path | None = None) -> Entry:
    """Check the entry `text` as seen from `cwd`. Raises EntryRefused."""
    cwd = (cwd or Path.cwd()).resolve()
    path_text, colon, symbol = text.rpartition(":")
    if not colon:
        path_text, symbol = text, ""
    if not path_text:
        raise EntryRefused(f"The entry '{text}' names no file.", hint="Such as: app.py:app")
    path = (cwd / path_text).resolve()
    if not path.exists() and path.suffix != ".py" and path.with_suffix(".py").exists():
        raise EntryRefused(
            f"The entry '{text}' names a module.", hint=f"Name the file: {path_text}.py:{symbol}"
        )
    if path.is_dir():
        raise EntryRefused(
            f"'{path_text}' is a directory, and the entry of an app is a file and what is in it.",
            hint=f"Such as: {path_text.rstrip('/')}/app.py:app",
        )
    if not path.is_file():
        raise EntryRefused(f"There is no file '{path_text}' in {cwd}.", hint=_near_files(path))
    if path.suffix != ".py":
        raise EntryRefused(f"'{path_text}' is not a Python file.", hint="Such as: app.py:app")
    declarations = read_declarations(_parsed(path, path_text))
    if not symbol:
        raise EntryRefused(
            f"The entry '{text}' names a file but not the app in it.",
            hint=_candidates_hint(path_text, declarations),
        )
    binding = _binding(path_text, symbol, declarations)
    root = project_root(path, cwd)
    return Entry(
        root=root,
        file=path.relative_to(root).as_posix(),
        symbol=symbol,
        name=binding.app_name,
        declaration=binding.declaration,
    )


def read_declaration(entry: Entry) -> str | None:
    """Return the entry's declaration as the file stands now, None when it cannot be read."""
    path = entry.root / entry.file
    try:
        found = read_declarations(ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError):
        return None
    binding = found.bindings.get(entry.symbol)
    return binding.declaration if binding else None


def project_root(path: Path, cwd: Path) -> Path:
    """Return the directory to pack for the file `path`.

    The nearest directory with a project's marks between the file and `cwd`, else `cwd` itself; for a file
    outside of `cwd`, the nearest one above the file, else its own directory.
    """
    inside = path.is_relative_to(cwd)
    for parent in path.parents:
        if any((parent / mark).exists() for mark in PROJECT_MARKS):
            return parent
        if inside and parent == cwd:
            return cwd
    return path.parent


def syntax_problem(path: Path, shown: str) -> str | None:
    """Return where and what is wrong with a Python file's syntax, None when it parses."""
    try:
        ast.parse(path.read_bytes(), filename=shown)
    except SyntaxError as error:
        place = f"{shown}:{error.lineno}" if error.lineno else shown
        line = (error.text or "").rstrip()
        return f"{place}: {error.msg}" + (f"\n    {line.strip()}" if line.strip() else "")
    except ValueError as error:
        return f"{shown}: {error}"
    except OSError:
        return None
    return None


def _parsed(path: Path, shown: str) -> ast.Module:
    problem = syntax_problem(path, shown)
    if problem is not None:
        raise EntryRefused(
            f"Syntax error in {problem}", code="syntax_error", hint="Mend the line and run the command again."
        )
    return ast.parse(path.read_bytes())


def _binding(path_text: str, symbol: str, declarations: Declarations) -> Binding:
    if not symbol.isidentifier():
        raise EntryRefused(
            f"'{symbol}' in the entry '{path_text}:{symbol}' is not a Python name.",
            hint=_candidates_hint(path_text, declarations),
        )
    binding = declarations.bindings.get(symbol)
    if binding is None:
        if declarations.has_star_import:
            return Binding("unknown")
        near = closest(symbol, declarations.candidates) or closest(symbol, list(declarations.bindings))
        hint = _candidates_hint(path_text, declarations)
        if near and near not in declarations.candidates:
            hint = f"{path_text} has '{near}', which is {declarations.bindings[near].description}. {hint}"
        raise EntryRefused(f"{path_text} has no '{symbol}'.", hint=hint)
    if binding.kind == "other":
        raise EntryRefused(
            f"'{symbol}' in {path_text} is {binding.description}, not an app.",
            hint=_candidates_hint(path_text, declarations),
        )
    if binding.kind == "app" and not binding.has_image and binding.classes:
        raise EntryRefused(
            f"The app '{symbol}' in {path_text} is written as a class; its entry is the class.",
            hint=f"{path_text}:{binding.classes[0]}",
        )
    return binding


def _candidates_hint(path_text: str, declarations: Declarations) -> str:
    found = declarations.candidates
    if len(found) == 1:
        return f"{path_text}:{found[0]}"
    if found:
        return "One of: " + ", ".join(f"{path_text}:{name}" for name in found)
    names = [name for name, binding in declarations.bindings.items() if not binding.is_import][:8]
    listed = f" {path_text} defines: {', '.join(names)}." if names else ""
    return (
        f'An app is made with: app = cpsl.App("my-app", image=cpsl.Image()).{listed} '
        f"A web app without cpsl is deployed as a directory: capsule deploy DIRECTORY"
    )


def _near_files(path: Path) -> str | None:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no directory '{folder}' either."
    files = sorted(item.name for item in folder.glob("*.py"))
    near = closest(path.name, files)
    if near:
        return f"Did you mean '{near}'?"
    return f"Python files there: {', '.join(files[:8])}" if files else "There are no Python files there."
