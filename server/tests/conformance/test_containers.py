"""What only containers do: networks of spaces, users of images, files that are theirs, powers they lack."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from harness import Harness, running_harness, until

from capsule.engines.contract import Limits, Mount, Phase, ReplicaStartFailed, Restart
from capsule.engines.shells import ShellSpec, shells_of
from capsule.reconcile.storage import share

SERVE = ("python3", "-m", "http.server", "8000")


@pytest_asyncio.fixture
async def harness(python_base: str) -> AsyncIterator[Harness]:
    async with running_harness("docker", image=python_base) as made:
        yield made


def answers(address: str | None) -> bool:
    assert address is not None
    _, host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except OSError:
        return False


async def test_a_space_is_a_network_with_names_and_others_are_out_of_reach(harness: Harness) -> None:
    web, other = await asyncio.gather(
        harness.engine.start(harness.spec(SERVE, id="rpl_web", space_id="spc_a", hostname="shop")),
        harness.engine.start(harness.spec(SERVE, id="rpl_other", space_id="spc_b", hostname="other")),
    )
    await until(lambda: answers(web.address) and answers(other.address))
    assert other.address is not None
    script = (
        "python3 - <<'END'\n"
        "import socket\n"
        "def reach(host):\n"
        "    try: socket.create_connection((host, 8000), timeout=1.5).close(); return 'reached'\n"
        "    except OSError as exc: return type(exc).__name__\n"
        f"print(reach('shop'), reach('other'), reach('{other.address.split(':')[1]}'))\n"
        "END"
    )
    line = (await harness.output(script, space_id="spc_a"))[-1]
    by_name, foreign_name, foreign_address = line.split()
    assert by_name == "reached"
    assert (foreign_name, foreign_address) == ("gaierror", "TimeoutError")
    status = await harness.engine.inspect("rpl_web")
    assert status.listening == ("0.0.0.0:8000",)


async def test_powers_are_few_and_files_are_fresh_at_each_start(harness: Harness) -> None:
    script = (
        "cat /proc/self/status | grep -E '^(CapBnd|NoNewPrivs|Seccomp):' | tr -s '\\t' ' ';"
        "ls /var/run/docker.sock /dev/kmsg 2>/dev/null; ls /tmp; touch /tmp/left; echo $PORT {port}; exit 1"
    )
    await harness.engine.start(harness.spec(("sh", "-c", script), restart=Restart.always))
    await until(lambda: len(harness.texts()) >= 8)
    await harness.engine.stop("rpl_1")
    # chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service
    assert harness.texts()[:4] == ["CapBnd: 00000000000005fb", "NoNewPrivs: 1", "Seccomp: 2", "8000 8000"]
    assert "left" not in harness.texts()


async def test_another_user_writes_into_storage(harness: Harness, nonroot_image: str) -> None:
    files = harness.root / "storage" / "sto_1"
    share(files)
    (files / "old.txt").write_text("old")
    mounts = (Mount(str(files), "/data"),)
    script = "id -u; cat /data/old.txt; echo; echo more >>/data/old.txt; mkdir /data/a; echo new >/data/a/b"
    assert await harness.output(script, mounts=mounts, image=nonroot_image) == ["1000", "old"]
    assert (files / "old.txt").read_text() == "oldmore\n"
    # Root of another image and the platform work with what that user made.
    assert await harness.output("cat /data/a/b; rm -r /data/a", mounts=mounts) == ["new"]
    assert os.listdir(files) == ["old.txt"]


async def test_an_image_that_is_gone_is_named(harness: Harness) -> None:
    with pytest.raises(ReplicaStartFailed) as caught:
        await harness.engine.start(harness.spec(SERVE, image="capsule/1:art_gone"))
    assert "capsule/1:art_gone" in caught.value.detail
    assert caught.value.hint == "Build it again: deploy the capsule."


async def test_storage_that_is_over_its_size_ends_who_fills_it(harness: Harness) -> None:
    files = harness.root / "storage" / "sto_1"
    share(files)
    size = harness.root / "storage" / "sto_1.size"
    size.write_text("8")
    mount = Mount(str(files), "/data", name="reports", size_file=str(size))
    script = "while :; do dd if=/dev/zero of=/data/$i bs=1M count=4 2>/dev/null; i=$((i+1)); sleep 0.1; done"
    await harness.engine.start(harness.spec(("sh", "-c", script), mounts=(mount,)))
    assert (await harness.engine.wait("rpl_1")).signal == "SIGKILL"
    await harness.text("reports", "platform")


FILLS = {
    "files": "while :; do dd if=/dev/zero of=/var/$i bs=1M count=4 2>/dev/null; i=$((i+1)); sleep 0.1; done",
    "space without writing": "touch /a; fallocate -n -l 60M /a; while sleep 0.2; do date >>/b; done",
    "a deleted file": "exec 9>/var/gone; rm /var/gone; head -c 60M /dev/zero >&9; exec sleep 1000",
    "a volume of the image": "head -c 60M /dev/zero >/kept/file; exec sleep 1000",
}


@pytest.mark.parametrize("what", FILLS)
async def test_who_fills_the_disk_is_ended_and_told_why(
    harness: Harness, volume_image: str, what: str
) -> None:
    spec = harness.spec(("sh", "-c", FILLS[what]), image=volume_image, limits=Limits(memory=128, disk=24))
    await harness.engine.start(spec)
    async with asyncio.timeout(20):
        exit = await harness.engine.wait("rpl_1")
    assert exit.sentence() == "was ended because its own files went over 24 MiB"
    await harness.text("Was ended because its own files went over 24 MiB.", "platform")


async def test_the_daemon_is_asked_where_files_cannot_be_looked_at(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    spec = harness.spec(("sh", "-c", FILLS["files"]), limits=Limits(memory=128, disk=24))
    await harness.engine.start(spec)
    assert (await harness.engine.wait("rpl_1")).because


async def test_shells_count_and_files_of_the_image_and_of_mounts_do_not(
    harness: Harness, enterable_base: str
) -> None:
    mounts = (Mount(str(harness.artifact), "/data"),)
    script = "head -c 60M /dev/zero >/data/much; echo written; exec sleep 1000"
    spec = harness.spec(("sh", "-c", script), mounts=mounts, limits=Limits(memory=128, disk=24))
    await harness.engine.start(spec)
    await harness.text("written")
    await asyncio.sleep(0.6)  # two looks
    assert (await harness.status()).phase is Phase.running
    shell = ShellSpec("shl_1", "rpl_1", argv=("sh", "-c", "head -c 60M /dev/zero >/var/much; sleep 1000"))
    await shells_of(harness.engine).open(shell)
    assert (await harness.engine.wait("rpl_1")).because
