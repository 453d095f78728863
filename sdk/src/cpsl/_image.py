"""What has to be installed where an app runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Image:
    """Packages and commands of the app's environment, on top of the platform's Python."""

    def __init__(
        self,
        *,
        python_packages: list[str] | str | None = None,
        apt_packages: list[str] | None = None,
        commands: list[str] | None = None,
    ) -> None:
        self.python_packages: list[str] = _packages(python_packages)
        self.apt_packages: list[str] = list(apt_packages or [])
        self.commands: list[str] = list(commands or [])

    def add_python_packages(self, packages: Sequence[str] | str) -> Image:
        """Add packages, or those of the requirements file that a string names."""
        self.python_packages.extend(_packages(packages))
        return self

    def add_apt_packages(self, packages: Sequence[str]) -> Image:
        self.apt_packages.extend(packages)
        return self

    def add_commands(self, commands: Sequence[str]) -> Image:
        """Add commands, run after the packages are installed and with the project as working directory."""
        self.commands.extend(commands)
        return self

    def to_dict(self) -> dict[str, Any]:
        return {
            "python_packages": list(self.python_packages),
            "apt_packages": list(self.apt_packages),
            "commands": list(self.commands),
        }


def _packages(packages: Sequence[str] | str | None) -> list[str]:
    if packages is None:
        return []
    if not isinstance(packages, str):
        return list(packages)
    lines = (line.strip() for line in Path(packages).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]
