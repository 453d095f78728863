"""The steps that make `{deps}/venv` and install into it. Shared by Python projects and `cpsl` apps."""

import re

from capsule.build.providers.draft import Draft
from capsule.build.providers.python.dependencies import SDK, Dependencies
from capsule.build.toolchain import Interpreter

# Apps that declare no packages need no network once an app was built here; the others use what is in the
# cache only where the index cannot be reached. Of the second try nothing is shown: the first one says why.
_CACHE_FIRST = '"$@" --offline --quiet 2>/dev/null || exec "$@"'
_INDEX_FIRST = '"$@" || "$@" --offline --quiet 2>/dev/null'

_AS_UTF_8 = (
    "import pathlib, sys; file = pathlib.Path(sys.argv[1]); "
    "file.write_text(file.read_text(encoding='utf-16'), encoding='utf-8')"
)

VENV = "{deps}/venv"
PYTHON = f"{VENV}/bin/python"


def plan_environment(draft: Draft, interpreter: Interpreter) -> None:
    """Make the virtual environment; it is relocatable, because builds and replicas see it elsewhere."""
    draft.put_on_path(f"{VENV}/bin")
    draft.env |= {"VIRTUAL_ENV": VENV, "PYTHONUNBUFFERED": "1"}
    draft.files["{deps}/overrides.txt"] = f"{SDK} @ file://{{sdk}}\n"
    draft.step("create the environment", "{uv}", "venv", "--relocatable", "--python", interpreter.path, VENV,
               env=_uv_env(), cwd="{deps}")  # fmt: skip


def plan_install(
    draft: Draft, dependencies: Dependencies, extra: tuple[str, ...] = (), *, compile_bytecode: bool = True
) -> None:
    """Install what the project asks for, and `extra`, into the environment.

    Whatever is said about `cpsl`, directly or by a package of a package, is met by the platform's own SDK.
    The project's uv configuration is not read, because it could say otherwise.
    """
    for text in dependencies.notices:
        draft.notice(text)
    draft.files |= dependencies.files
    if dependencies.has(SDK) and "{sdk}" not in extra:
        draft.choose(SDK, "the platform's SDK", f"takes the place of what {dependencies.origin} says")
    if dependencies.export_lock:
        draft.step(
            "read uv.lock",
            "{uv}", "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--prune", SDK,
            "--project", "{app}", "--python", PYTHON, "--output-file", "{deps}/requirements.txt",
            env=_uv_env(),
        )  # fmt: skip
    if not dependencies.arguments and not extra:
        return
    for path in dependencies.in_utf_16:
        draft.notice(f"{path} is UTF-16 text, as `pip freeze >` writes it in PowerShell; it is read as such.")
        draft.step(f"write {path} as UTF-8", PYTHON, "-c", _AS_UTF_8, f"{{app}}/{path}")
    compiled = ("--compile-bytecode",) if compile_bytecode else ()
    is_bare = not dependencies.arguments and set(extra) == {"{sdk}"}
    draft.step(
        "install dependencies",
        "sh", "-c", _CACHE_FIRST if is_bare else _INDEX_FIRST, "install",
        "{uv}", "pip", "install", "--no-config", "--python", PYTHON, *compiled,
        "--overrides", "{deps}/overrides.txt", *dependencies.arguments, *extra,
        env=_uv_env(),
    )  # fmt: skip


def plan_project_itself(draft: Draft, commands: list[str]) -> None:
    """Install the project, for the commands of its own that the start line calls."""
    draft.choose("project", "installed", f"the start command calls its script `{commands[0]}`")
    draft.step(
        "install the project",
        "{uv}", "pip", "install", "--no-config", "--no-deps", "--python", PYTHON, "{app}",
        env=_uv_env(),
    )  # fmt: skip


def needs_pip(*lines: str) -> tuple[str, ...]:
    """Return `pip` when the user's command lines call it; an environment made by uv has none."""
    return ("pip",) if any(re.search(r"\bpip3?\b", line) for line in lines) else ()


def plan_sdk_again(draft: Draft) -> None:
    """Put the platform's SDK back, in case a command of the user installed another."""
    draft.step(
        "check the SDK",
        "{uv}", "pip", "install", "--quiet", "--no-config", "--no-deps", "--offline", "--python", PYTHON,
        "--reinstall-package", SDK, "{sdk}",
        env=_uv_env(),
    )  # fmt: skip


def _uv_env() -> dict[str, str]:
    return {
        "UV_CACHE_DIR": "{cache}/uv",
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
