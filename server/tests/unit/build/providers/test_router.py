"""What PHP's own server gives out, asked through the platform's router."""

import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import capsule.build.providers.php as php

ROUTER = Path(php.__path__[0], "router.php")
FILES = {
    "index.php": "<?php echo 'front of ', $_SERVER['REQUEST_URI'], ' in ', basename(getcwd());",
    "page.php": "<?php echo 'page';",
    "site.css": "body {}",
    ".env": "SECRET=1",
    "vendor/autoload.php": "<?php echo 'vendor';",
    "composer.json": "{}",
    "admin/index.php": "<?php echo 'admin';",
    ".well-known/security.txt": "contact",
}

pytestmark = pytest.mark.skipif(shutil.which("php") is None, reason="needs the package php-cli")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("php") / "site"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root.parent / "outside.txt").write_text("outside")
    (root / "link.txt").symlink_to(root.parent / "outside.txt")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = ["php", "-S", address, "-t", str(root), str(ROUTER)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("started" in line for line in process.stderr)
        yield f"http://{address}"
        process.kill()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "front of / in site"),
        ("/any/where?a=b", 200, "front of /any/where?a=b in site"),
        ("/shop/7.5", 200, "front of /shop/7.5"),
        ("/page.php", 200, "page"),
        ("/site.css", 200, "body {}"),
        ("/admin/", 200, "admin"),
        ("/admin", 200, "admin"),
        ("/.well-known/security.txt", 200, "contact"),
        ("/.env", 404, "Not found"),
        ("/%2eenv", 404, "Not found"),
        ("/vendor/autoload.php", 404, "Not found"),
        ("/composer.json", 404, "Not found"),
        ("/link.txt", 200, "outside"),
        ("/..%2foutside.txt", 404, "Not found"),
        ("/admin/..%2f.env", 404, "Not found"),
        ("/page.php/", 200, "page"),
    ],
)
def test_files_and_the_front_controller_are_told_apart(path: str, status: int, text: str, site: str) -> None:
    try:
        with urllib.request.urlopen(site + path, timeout=10) as response:
            found = response.status, response.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            found = exc.code, exc.read().decode()
    assert found[0] == status
    assert found[1].startswith(text)
