"""The public names, with parameters and defaults, are a promise: `surface.txt` holds it, one name a line."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cpsl

PROMISED = (Path(__file__).parent / "surface.txt").read_text().splitlines()

# Where more is accepted than was promised.
UPDATE_ONE = "CollectionRef.update_one(filter, update{}) async"
URLS = "authorize_url='', token_url='', revoke_url='', profile_url=''"
ADD_INTEGRATION = (
    "App.add_integration(integration_type, *, client_id='', client_secret='', scopes=None, fields=None{})"
)
CONFIG = "IntegrationConfig(type, client_id='', client_secret='', scopes=<factory>, fields=None, mode=''{})"
WIDER = {
    UPDATE_ONE.format(""): UPDATE_ONE.format(", *, upsert=False"),
    ADD_INTEGRATION.format(""): ADD_INTEGRATION.format(f", {URLS}"),
    CONFIG.format(""): CONFIG.format(f", *, {URLS}"),
}


def render(line: str) -> str:
    """Return the line of `surface.txt` that the real object makes."""
    name = line.split("(")[0].split(" ")[0]
    owner: Any = cpsl
    parts = name.split(".")
    for part in parts[:-1]:
        owner = getattr(owner, part)
    found = inspect.getattr_static(owner, parts[-1]) if isinstance(owner, type) else getattr(owner, parts[-1])
    if isinstance(found, property) or "(" not in line:
        return name
    target = getattr(owner, parts[-1])
    parameters = list(inspect.signature(target).parameters.values())
    is_method = isinstance(owner, type) and not isinstance(found, (staticmethod, classmethod))
    if is_method:
        parameters = parameters[1:]
    asynchronous = " async" if inspect.iscoroutinefunction(target) else ""
    return f"{name}{spell(parameters)}{asynchronous}"


def spell(parameters: list[inspect.Parameter]) -> str:
    out: list[str] = []
    starred = False
    for parameter in parameters:
        name = parameter.name
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            out.append("*")
            starred = True
        if parameter.kind is parameter.VAR_POSITIONAL:
            name, starred = f"*{name}", True
        if parameter.kind is parameter.VAR_KEYWORD:
            name = f"**{name}"
        if parameter.default is not parameter.empty:
            name += f"={parameter.default!r}"
        out.append(name)
    return "(" + ", ".join(out) + ")"


@pytest.mark.parametrize("line", PROMISED)
def test_a_promised_name_has_its_parameters_and_defaults(line: str) -> None:
    assert render(line) == WIDER.get(line, line)


def test_the_public_list_is_what_was_promised_and_nothing_else() -> None:
    promised = {line.split("(")[0].split(".")[0] for line in PROMISED} | {"ui"}
    assert set(cpsl.__all__) == promised | {"AsyncClient", "NotYetAvailable", "__version__"}
    assert len(promised) == 86
    for name in cpsl.__all__:
        assert getattr(cpsl, name) is not None


def test_every_widget_is_listed() -> None:
    promised = {line.split("(")[0].split(".")[1] for line in PROMISED if line.startswith("ui.")}
    assert set(cpsl.ui.__all__) == promised


def test_importing_the_sdk_loads_nothing_heavy() -> None:
    heavy = ("httpx2", "asyncio", "ssl", "click")
    code = f"import sys, cpsl; cpsl.App; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        cpsl.Nope  # noqa: B018
