"""Each mistake gives one clear message with the next step, an exit code, and leaves nothing half made."""

import io
import tarfile
from pathlib import Path

import httpx2
import pytest
from installation import ADMIN, PASSWORD, Installation

APP = "import cpsl\napp = cpsl.App(name='{name}', image=cpsl.Image(), {options})\n"


def names(installation: Installation) -> set[str]:
    return {item["name"] for item in installation.json("list")}


@pytest.mark.parametrize(
    ("entry", "text", "expected"),
    [
        ("app.py", APP.format(name="wrong-1", options=""), "app.py:app"),
        ("app.py:nope", APP.format(name="wrong-2", options=""), "nope"),
        ("app.py:app", "import cpsl\napp = cpsl.App(name='x'\n", "app.py:"),
        ("missing.py:app", APP.format(name="wrong-3", options=""), "missing.py"),
        ("app.py:app", APP.format(name="bad/name", options=""), "bad/name"),
        ("app.py:app", APP.format(name="x" * 200, options=""), "xxx"),
    ],
)
def test_wrong_entry(
    installation: Installation, tmp_path: Path, entry: str, text: str, expected: str
) -> None:
    (tmp_path / "app.py").write_text(text)
    before = names(installation)
    done = installation.run("deploy", entry, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Error:")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert names(installation) == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("secrets=['NO_SUCH_SECRET']", "capsule secret create NO_SUCH_SECRET"),
        ("filesystems={'/data': cpsl.FileSystem('no-such-fs')}", "capsule fs create no-such-fs"),
    ],
)
def test_missing_resource_is_named_with_the_command_that_makes_it(
    installation: Installation, tmp_path: Path, options: str, expected: str
) -> None:
    (tmp_path / "app.py").write_text(APP.format(name="needs-more", options=options))
    done = installation.run("deploy", "app.py:app", cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert expected in done.stderr
    installation.run("remove", "needs-more", "--yes", check=False)


def test_repository_that_cannot_be_cloned(installation: Installation, tmp_path: Path) -> None:
    done = installation.run(
        "deploy", "--git", str(tmp_path / "nothing"), "--type", "backend", "--name", "no-repo", check=False
    )
    assert done.returncode == 1
    assert "nothing" in done.stderr
    installation.run("remove", "no-repo", "--yes", check=False)


def test_start_command_that_exits_fails_with_its_last_lines(
    installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("print('cannot go on'); raise SystemExit(7)\n")
    done = installation.run("deploy", str(tmp_path), "--type", "backend", "--name", "exits", check=False)
    assert done.returncode == 1
    assert "7" in done.stderr
    assert "cannot go on" in done.stderr + done.stdout
    page = installation.get("exits")
    assert page.status_code in (502, 503)
    assert "Traceback" not in page.text
    installation.run("remove", "exits", "--yes")


def test_unknown_capsule(installation: Installation) -> None:
    for command in (("logs", "nobody"), ("stop", "nobody"), ("env", "list", "nobody"), ("builds", "nobody")):
        done = installation.run(*command, check=False)
        assert done.returncode == 1
        assert "nobody" in done.stderr
    assert installation.get("nobody").status_code == 404


def test_wrong_password(installation: Installation) -> None:
    done = installation.run("login", "-e", ADMIN, "-p", PASSWORD + "x", check=False)
    assert done.returncode == 77
    assert done.stderr.startswith("Error:")


def test_archive_that_leaves_its_root_is_refused(installation: Installation) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../outside.txt")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    token = installation.json("token", "create", "archive")["token"]
    space = installation.json("space", "list")[0]["id"]
    answer = httpx2.post(
        f"{installation.url}/api/v1/spaces/{space}/uploads",
        content=buffer.getvalue(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/gzip"},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "archive_refused"
    assert not list(installation.data.rglob("outside.txt"))
