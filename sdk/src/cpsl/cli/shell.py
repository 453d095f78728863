"""Find secrets that a project names and the developer's shell exports. Reads files, runs none of them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping

from cpsl.cli.archive import SourceFile


def exported(files: Iterable[SourceFile], env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the values of secrets that the Python files name, as far as they are exported and not empty.

    Named are the texts in `secrets=[…]` and `Secret.from_name(…)`. Nothing else of the environment is read.
    """
    env = os.environ if env is None else env
    named = {name for file in files if file.path.endswith(".py") for name in _named(file)}
    return {name: env[name] for name in sorted(named) if env.get(name)}


def _named(file: SourceFile) -> Iterator[str]:
    try:
        tree = ast.parse(file.source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        values = [keyword.value for keyword in node.keywords if keyword.arg == "secrets"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "from_name":
            values += node.args[:1]
        for value in values:
            for item in ast.walk(value):
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value
