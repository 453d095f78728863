"""Write what is generated from code, or check that it is up to date.

    python scripts/generate.py            write
    python scripts/generate.py --check    fail when a file differs from what the code says

Makes the OpenAPI document that the web client's types come from, and the pages of docs/reference.
"""

import importlib
import json
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from web import web_environment

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    for path, text in generated():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name in stale:
        print(f"{'out of date' if check else 'wrote'}: {name}")
    if check and stale:
        print("Run `make gen`.", file=sys.stderr)
        return 1
    return 0


def generated() -> Iterator[tuple[Path, str]]:
    document = openapi()
    yield ROOT / "web/packages/api/openapi.json", json.dumps(document, indent=1, sort_keys=True) + "\n"
    yield ROOT / "web/packages/api/src/schema.ts", web_types(document)
    yield REFERENCE / "api.md", api_page(document)
    yield REFERENCE / "settings.md", settings_page()
    yield REFERENCE / "errors.md", errors_page()
    from cpsl.cli.reference import render

    yield REFERENCE / "cli.md", render()


def openapi() -> dict[str, Any]:
    from capsule.api.app import describe

    return describe()


def web_types(document: dict[str, Any]) -> str:
    """Return the TypeScript types of the document, as the web workspace's own tool makes them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "schema.ts")
        source.write_text(json.dumps(document))
        tool = [str(ROOT / "web/node_modules/.bin/openapi-typescript"), str(source), "-o", str(target)]
        subprocess.run(tool, check=True, capture_output=True, cwd=ROOT / "web", env=web_environment())
        return target.read_text()


def api_page(document: dict[str, Any]) -> str:
    lines = [
        "# HTTP API",
        "",
        "Generated from the code by `make gen`. A running installation has the document at",
        "`/api/v1/openapi.json`, and `/api/v1/docs` lets you try it. Errors are problem+json with",
        "a stable [`code`](errors.md).",
        "",
    ]
    groups: dict[str, list[str]] = {}
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            text = operation.get("description") or operation.get("summary", "")
            first = " ".join(text.split("\n\n")[0].split())
            groups.setdefault(tag, []).append(f"| `{method.upper()} {path}` | {first} |")
    for tag, rows in sorted(groups.items()):
        lines += [f"## {tag.capitalize()}", "", "| call | what it does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def settings_page() -> str:
    from capsule.settings import Settings

    lines = [
        "# Settings",
        "",
        "Generated from `server/src/capsule/settings.py`. Each is an environment variable; `capsule up` has",
        "options for the first few.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = (
            "`~/.capsule`"
            if name == "data"
            else f"`{field.default}`"
            if field.default not in ("", None)
            else "–"
        )
        lines.append(f"| `CAPSULE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    import capsule
    from capsule.errors import PlatformError

    for module in pkgutil.walk_packages(capsule.__path__, "capsule."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    lines = [
        "# Error codes",
        "",
        "Generated from the subclasses of `PlatformError`. `code` never changes its meaning; texts may.",
        "",
        "| code | HTTP | exit | meaning |",
        "|---|---|---|---|",
    ]
    rows: dict[str, str] = {}
    for kind in subclasses(PlatformError):
        text = " ".join((kind.__doc__ or "").split()) if "__doc__" in vars(kind) else ""
        rows.setdefault(
            kind.code, f"| `{kind.code}` | {kind.status} | {kind.exit_code} | {text or kind.title} |"
        )
    return "\n".join([*lines, *(rows[code] for code in sorted(rows))]) + "\n"


def subclasses(kind: type[Any]) -> list[type[Any]]:
    found = [kind]
    for sub in kind.__subclasses__():
        found += subclasses(sub)
    return found


if __name__ == "__main__":
    sys.exit(main())
