"""Where packages come from."""

from pathlib import Path

from capsule.docker.bases.rootfs import host_mirror


def test_the_machines_own_mirror_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    assert host_mirror(tmp_path) == "http://deb.debian.org/debian"
    (folder / "debian.sources").write_text(
        "Types: deb\n# http://old.example/debian\nURIs: http://mirror.example/debian/\nSuites: bookworm\n"
    )
    assert host_mirror(tmp_path) == "http://mirror.example/debian"
    (tmp_path / "sources.list").write_text("deb https://near.example/pub/debian bookworm main\n")
    assert host_mirror(tmp_path) == "https://near.example/pub/debian"
