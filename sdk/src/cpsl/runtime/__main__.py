"""`python -m cpsl.runtime serve ENTRY` and `python -m cpsl.runtime manifest ENTRY --output PATH`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from .life import leave, make_life, warm_up
from .loader import Definition, LoadError, load
from .zygote.process import Zygote

SOCKET = "CAPSULE_RUNTIME_SOCKET"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; failures are one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m cpsl.runtime", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="load an app and fork its runtimes")
    serve.add_argument("entry", help="such as app.py:app")
    manifest = commands.add_parser("manifest", help="write what an app declares as JSON")
    manifest.add_argument("entry", help="such as app.py:app")
    manifest.add_argument("--output", required=True, type=Path)
    options = parser.parse_args(argv)
    output = options.output.resolve() if options.command == "manifest" else None
    try:
        if output is not None:
            _write_manifest(load(options.entry), output)
            return 0
        return _serve(options.entry)
    except LoadError as exc:
        return _fail(str(exc))


def _write_manifest(definition: Definition, output: Path) -> None:
    try:
        text = json.dumps(definition.manifest(), indent=2, sort_keys=True)
    except (TypeError, ValueError, RuntimeError, OSError) as exc:
        raise LoadError(f"The app's declarations cannot be used: {exc}") from exc
    fresh = output.with_name(output.name + ".new")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(output)


def _serve(entry: str) -> int:
    path = os.environ.get(SOCKET)
    if not path:
        return _fail(f"{SOCKET} must name the unix socket to listen on.")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return leave(Zygote(entry, Path(path), make_life, warm_up).run())


def _fail(reason: str) -> int:
    sys.stderr.write(f"Error: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
