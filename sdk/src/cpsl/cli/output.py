"""Everything the command line prints: tables and sentences for people, JSON for programs, failures on stderr.

Commands hand over data and never print. With `--json` stdout holds the data and nothing else; sentences for
people go to stderr then.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cpsl._problems import ApiError, CapsuleError
from cpsl.cli.progress import Progress
from cpsl.cli.words import STATUS_COLOURS, clock, display_width

if TYPE_CHECKING:
    from cpsl.cli.api import Record

Column = tuple[str, "str | Callable[[Record], object]"]
"""Heading, and the key or function that gives the cell."""


class Output:
    """Prints for one call of the command line."""

    def __init__(self, *, as_json: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._progress: Progress | None = None
        # None: each stream decides by being a terminal.
        self._colour = False if os.environ.get("NO_COLOR") else None

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at what we print."""
        return sys.stderr.isatty() if self.as_json else sys.stdout.isatty()

    # For people

    def line(self, text: str = "", *, dim: bool = False) -> None:
        """Print a sentence for people."""
        self._write(click.style(text, dim=True) if dim else text, err=self.as_json)

    def success(self, text: str) -> None:
        mark = click.style("✓", fg="green", bold=True)
        self._write(f"{mark} {text}" if self.is_terminal else text, err=self.as_json)

    def notice(self, text: str) -> None:
        """Print what a person should know although nothing failed."""
        self._write(click.style(text, fg="yellow"), err=True)

    def facts(self, pairs: Sequence[tuple[str, object]]) -> None:
        """Print names and values, one per line; empty values are left out."""
        shown = [(name, value) for name, value in pairs if value not in (None, "", [])]
        width = max((display_width(name) for name, _ in shown), default=0)
        for name, value in shown:
            self.line(f"{click.style(_pad(name, width), dim=True)}  {value}")

    def log_line(self, line: Mapping[str, Any], *, with_time: bool = False) -> None:
        """Print one line of a build or of a replica."""
        text = str(line.get("text", "")).rstrip("\n")
        stream = line.get("stream")
        if stream == "platform":
            text = click.style(text, fg="cyan")
        elif stream == "stderr":
            text = click.style(text, fg="yellow")
        if with_time:
            text = f"{click.style(clock(str(line.get('at', ''))), dim=True)}  {text}"
        self._write(text, err=self.as_json)

    def progress(self) -> Progress:
        """Return a line that tells what is going on; use it as a context manager."""
        self._progress = Progress(sys.stderr if self.as_json else sys.stdout)
        return self._progress

    # Data

    def table(self, items: Sequence[Record], columns: Sequence[Column], *, empty: str) -> None:
        """Print records as a table, or as a JSON list; `empty` is the sentence for no records."""
        if self.as_json:
            self.json(list(items))
            return
        if not items:
            self.line(empty)
            return
        rows = [[_cell(item, source) for _, source in columns] for item in items]
        widths = [
            max(display_width(heading), *(display_width(row[index]) for row in rows))
            for index, (heading, _) in enumerate(columns)
        ]
        heading = "  ".join(
            _pad(name.upper(), width) for (name, _), width in zip(columns, widths, strict=True)
        )
        self.line(click.style(heading.rstrip(), bold=True))
        for row in rows:
            cells = [
                _coloured(_pad(cell, width), name)
                for cell, width, (name, _) in zip(row, widths, columns, strict=True)
            ]
            self.line("  ".join(cells).rstrip())

    def record(self, item: Record, pairs: Sequence[tuple[str, object]]) -> None:
        """Print one record: facts for people, the whole object as JSON."""
        if self.as_json:
            self.json(item)
        else:
            self.facts(pairs)

    def json(self, value: object) -> None:
        """Print `value` as the one JSON document of this call."""
        self._write(json.dumps(value, indent=2, ensure_ascii=False))

    def json_line(self, value: object) -> None:
        """Print `value` on one line, for streams of JSON."""
        self._write(json.dumps(value, ensure_ascii=False))

    def raw(self, text: str) -> None:
        """Print `text` as it is, whoever reads it."""
        self._write(text)

    # Failures

    def error(self, error: CapsuleError) -> None:
        """Print a failure as `Error:`, `Hint:` and what support asks for."""
        self._failure(error.detail, error.hint)
        if isinstance(error, ApiError):
            for field, message in error.errors:
                if message and message not in error.detail:
                    self._write(f"  {field}: {message}" if field else f"  {message}", err=True)
        identity = ", ".join(part for part in (error.code, error.request_id) if part)
        if self.verbose:
            self._write(click.style(f"({identity})", dim=True), err=True)
            self._trace(error)
        else:
            self._write(click.style(f"({identity}; --verbose for details)", dim=True), err=True)

    def usage_error(self, error: click.ClickException) -> None:
        """Print a mistake in the command line itself."""
        hint = None
        context = getattr(error, "ctx", None)
        if context is not None:
            hint = f"{context.command_path} --help"
        self._failure(error.format_message(), hint)

    def bug(self, error: Exception) -> None:
        """Print what should not have happened; the stack trace only with --verbose."""
        self._failure(
            f"The capsule command failed unexpectedly: {type(error).__name__}: {error}",
            None if self.verbose else "Run it again with --verbose to see where.",
        )
        if self.verbose:
            self._trace(error)

    def interrupted(self) -> None:
        self._write("Interrupted.", err=True)

    def _failure(self, detail: str, hint: str | None) -> None:
        self._write(click.style("Error: ", fg="red", bold=True) + click.style(detail, fg="red"), err=True)
        if hint:
            self._write(click.style("Hint:  ", bold=True) + hint, err=True)

    def _trace(self, error: BaseException) -> None:
        self._write("".join(traceback.format_exception(type(error), error, error.__traceback__)), err=True)

    def _write(self, text: str, *, err: bool = False) -> None:
        if self._progress is not None:
            with self._progress.aside():
                click.echo(text, err=err, color=self._colour)
        else:
            click.echo(text, err=err, color=self._colour)


def _cell(item: Record, source: str | Callable[[Record], object]) -> str:
    value = item.get(source) if isinstance(source, str) else source(item)
    return "-" if value is None or value == "" else " ".join(str(value).split())


def _pad(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _coloured(cell: str, heading: str) -> str:
    colour = STATUS_COLOURS.get(cell.strip()) if heading.lower() in ("status", "state") else None
    return click.style(cell, fg=colour) if colour else cell
