import os
import socket
import subprocess
import time

from capsule.engines.process import tree


def test_start_time_tells_a_process_from_a_dead_one() -> None:
    child = subprocess.Popen(["sleep", "100"])
    assert tree.start_time(child.pid) is not None
    child.kill()
    for _ in range(100):
        if tree.start_time(child.pid) is None:  # a zombie counts as dead
            break
        time.sleep(0.01)
    assert tree.start_time(child.pid) is None
    child.wait()
    assert tree.start_time(child.pid) is None


def test_descendants_are_found() -> None:
    child = subprocess.Popen(["sh", "-c", "sleep 100 & sleep 100; true"])
    try:
        for _ in range(100):
            if [tree.argv(pid)[:1] for pid in tree.descendants(child.pid)] == [["sleep"]] * 2:
                break
            time.sleep(0.01)
        assert {tree.argv(pid)[0] for pid in tree.descendants(child.pid)} == {"sleep"}
        assert child.pid in tree.children(os.getpid())
    finally:
        for pid in [*tree.descendants(child.pid), child.pid]:
            os.kill(pid, 9)
        child.wait()


def test_listening_addresses_of_both_families_are_seen() -> None:
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 0))
        four.listen()
        six.bind(("::1", 0))
        six.listen()
        found = tree.listening([os.getpid()])
        assert f"127.0.0.1:{four.getsockname()[1]}" in found
        assert f"[::1]:{six.getsockname()[1]}" in found


def test_usage_adds_up() -> None:
    seconds, memory, count = tree.usage([os.getpid(), 2**22 + 1])
    assert seconds > 0
    assert memory > 1_000_000
    assert count == 1
