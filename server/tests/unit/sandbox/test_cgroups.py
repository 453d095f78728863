"""Groups of processes: how one joins."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from capsule.sandbox.box import BoxLimits
from capsule.sandbox.cgroups import CgroupsMissing, Group, find_cgroups


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    try:
        found = find_cgroups(tmp_path).group("rpl_test")
    except CgroupsMissing as exc:
        pytest.skip(str(exc))
    found.create(BoxLimits(64 << 20, 1.0, 16))
    yield found
    found.kill()
    found.remove()


def test_a_process_joins_by_descriptors_without_rights_of_its_own(group: Group) -> None:
    descriptors = group.open_for_joining()
    if not descriptors:
        pytest.skip("this version of cgroups has no such way")
    writes = "; ".join(f"echo 0 >&{descriptor}" for descriptor in descriptors)
    command = ["setpriv", "--reuid", "65534", "bash", "-c", f"{writes}; echo done; read"]
    with subprocess.Popen(
        command, pass_fds=descriptors, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"done\n"
        for descriptor in descriptors:
            os.close(descriptor)
        assert group.has(child.pid)
        assert not group.has(1)
        child.communicate(b"\n")
    assert not group.has(child.pid)
