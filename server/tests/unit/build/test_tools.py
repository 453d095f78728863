"""Finding programs of this machine, and knowing their version without asking a slow one."""

import zipfile
from pathlib import Path

import pytest

from capsule.build import tools
from capsule.build.tools import KnownTool, find_tools, known_tool, locate, written_version


def test_version_of_java_is_read_and_not_asked(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="21.0.2"\n')
    assert written_version(known_tool("java"), str(tmp_path / "bin" / "javac")) == "21.0.2"


def test_version_of_maven_is_read_in_its_jar(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    jar = tmp_path / "lib" / "maven-core-3.x.jar"
    with zipfile.ZipFile(jar, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Version: 3.9.1\r\n")
    program = str(tmp_path / "bin" / "mvn")
    assert written_version(known_tool("maven"), program) == "3.9.1"
    jar.write_bytes(b"no archive")
    assert written_version(known_tool("maven"), program) == ""


async def test_found_tools_are_behind_every_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real" / "tool-1"
    real.parent.mkdir()
    real.write_text("#!/bin/sh\necho tool version 1.2.3 >&2\n")
    real.chmod(0o755)
    (tmp_path / "tool").symlink_to(real)
    settings = tmp_path / "etc"
    settings.mkdir()
    known = (
        KnownTool("tool", "tool", ("--version",), "tool", "x", (f"{tmp_path}/et?",)),
        KnownTool("absent", "absent", (), "absent", "y"),
    )
    monkeypatch.setattr(tools, "KNOWN_TOOLS", known)
    monkeypatch.setattr(tools, "_SEARCHED", (str(tmp_path),))
    (found,) = await find_tools()
    assert (found.version, found.path, found.visible) == ("1.2.3", str(real), (str(settings),))
    assert found.folder == str(real.parent)
    assert locate(known[1]) is None
