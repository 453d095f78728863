"""Orphans are reaped, and nobody's own child is taken from it too early."""

import subprocess
import sys
import textwrap


def run(source: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ORPHAN = """
    import subprocess, time
    from cpsl.runtime.orphans import Orphans, _ended_children
    from cpsl.runtime.zygote.system import adopt_orphans
    adopt_orphans()  # as the first process of a namespace does by itself
    subprocess.run(["sh", "-c", "sleep 0.1 & exit 0"], check=True)
    while not _ended_children():
        time.sleep(0.01)
"""


def test_who_has_waited_for_long_is_reaped() -> None:
    source = (
        ORPHAN
        + """
    orphans = Orphans(patience_seconds=0.2)
    orphans.reap()
    assert len(_ended_children()) == 1, "too early"
    time.sleep(0.3)
    orphans.reap()
    print(len(_ended_children()))
    """
    )
    assert run(source) == "0"


def test_a_child_keeps_its_exit_code_for_whoever_asks_in_time() -> None:
    source = """
    import subprocess, time
    from cpsl.runtime.orphans import Orphans
    child = subprocess.Popen(["sh", "-c", "exit 7"])
    orphans = Orphans()
    time.sleep(0.3)
    orphans.reap()
    orphans.reap()
    print(child.wait())
    """
    assert run(source) == "7"
