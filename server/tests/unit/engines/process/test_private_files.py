"""Measuring and deleting folders whose owner made that hard."""

import os
import socket
from pathlib import Path

from capsule.engines.process.private_files import nameless_bytes, remove
from capsule.kit.diskuse import measure

MIB = 1024 * 1024


def sized(path: Path, size: int = MIB) -> Path:
    path.write_bytes(bytes(size))
    return path


def test_files_are_counted_by_what_they_occupy_and_links_once(tmp_path: Path) -> None:
    os.link(sized(tmp_path / "one"), tmp_path / "two")
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    size = measure(tmp_path, 100 * MIB, 100)
    assert MIB <= size.bytes < 2 * MIB
    assert size.files == 3
    assert not size.is_over


def test_counting_ends_over_a_limit(tmp_path: Path) -> None:
    for number in range(50):
        sized(tmp_path / str(number), 8192)
    assert measure(tmp_path, 100 * MIB, 10).files == 11
    assert measure(tmp_path, 16384, 100).files < 10


def test_links_are_not_followed(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    precious = sized(other / "precious", 8 * MIB)
    (home / "link").symlink_to(other)
    assert measure(home, 100 * MIB, 100).bytes < MIB
    remove(home)
    assert precious.exists()
    assert not home.exists()


def test_closed_folders_are_opened_up(tmp_path: Path) -> None:
    closed = tmp_path / "home" / "closed"
    closed.mkdir(parents=True)
    sized(closed / "file")
    for mode in (0, 0o300, 0o400):
        closed.chmod(mode)
        assert measure(tmp_path / "home", 100 * MIB, 100).bytes >= MIB
    closed.chmod(0)
    remove(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_folders_too_deep_to_be_counted_are_over_any_limit_and_can_be_deleted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    above = os.open(home, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d" * 100, dir_fd=above)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    size = measure(home, 100 * MIB, 100_000)
    assert size.is_hidden
    assert size.is_over
    remove(home)
    assert not home.exists()


def test_what_is_gone_counts_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "never", MIB, 10).files == 0
    remove(tmp_path / "never")


def test_deleted_files_count_while_they_are_open(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    before, _ = nameless_bytes([os.getpid()], device)
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(MIB))
        file.flush()
        assert nameless_bytes([os.getpid()], device)[0] == before
        (tmp_path / "file").unlink()
        assert nameless_bytes([os.getpid()], device)[0] >= before + MIB
    assert nameless_bytes([os.getpid()], device)[0] == before


def test_descriptors_in_an_unread_socket_are_noticed(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    one, other = socket.socketpair()
    with one, other:
        socket.send_fds(one, [b"x"], [0])
        assert nameless_bytes([os.getpid()], device)[1]
        _, descriptors, _, _ = socket.recv_fds(other, 1, 1)
        os.close(descriptors[0])
        assert not nameless_bytes([os.getpid()], device)[1]
