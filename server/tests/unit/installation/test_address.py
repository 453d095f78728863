"""The installation comes back to where it was."""

from pathlib import Path
from typing import Any

import pytest

from capsule.installation.address import keep_address, with_kept_address
from capsule.paths import DataPaths
from capsule.settings import Settings


def settings(**given: Any) -> Settings:
    return Settings(**given)


def test_port_and_host_of_the_last_start_are_taken_again(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    keep_address(paths, settings(port=4700, host="0.0.0.0"))
    again = with_kept_address(paths, settings())
    assert (again.port, again.host) == (4700, "0.0.0.0")


def test_option_and_environment_count_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = DataPaths(tmp_path)
    keep_address(paths, settings(port=4700, host="0.0.0.0"))
    monkeypatch.setenv("CAPSULE_HOST", "localhost")
    again = with_kept_address(paths, settings(port=8080))
    assert (again.port, again.host) == (8080, "localhost")


@pytest.mark.parametrize("content", [None, "no json"])
def test_without_a_start_before_it_is_as_set(content: str | None, tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    if content is not None:
        paths.address.write_text(content)
    assert with_kept_address(paths, settings()).port == settings().port
