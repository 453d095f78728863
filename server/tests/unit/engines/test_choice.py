"""Several engines as one: each replica has the engine that can."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from capsule.engines.choice import ChosenEngine
from capsule.engines.contract import (
    Capabilities,
    ReplicaExists,
    ReplicaNotFound,
    ReplicaSpec,
    ReplicaStartFailed,
)
from capsule.engines.fake.engine import FakeEngine, FakeWorld


class Containers(FakeEngine):
    """Starts images, where there is a daemon."""

    name = "containers"
    has_daemon = True

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(images=self.has_daemon)


class House:
    def __init__(self, folder: Path) -> None:
        self.plain = FakeEngine(world=FakeWorld(), telemetry=lambda capsule_id: folder / "a" / capsule_id)
        self.containers = Containers(
            world=FakeWorld(), telemetry=lambda capsule_id: folder / "b" / capsule_id
        )
        self.engine = ChosenEngine({"plain": self.plain, "containers": self.containers})


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    for status in await house.engine.list():
        await house.engine.destroy(status.id)
    await house.engine.close()


def spec(id: str, *, image: str = "") -> ReplicaSpec:
    return ReplicaSpec(id, "cps_1", "rel_1", 3, ("fake",), "/tmp", image=image)


async def test_each_replica_is_started_where_it_can_be(house: House) -> None:
    await house.engine.start(spec("rpl_1"))
    await house.engine.start(spec("rpl_2", image="caddy:2"))
    assert [status.id for status in await house.plain.list()] == ["rpl_1"]
    assert [status.id for status in await house.containers.list()] == ["rpl_2"]
    assert {status.id for status in await house.engine.list()} == {"rpl_1", "rpl_2"}
    assert (await house.engine.inspect("rpl_2")).id == "rpl_2"
    with pytest.raises(ReplicaExists):
        await house.engine.start(spec("rpl_2"))


async def test_a_replica_is_found_after_a_restart_and_gone_after_destroy(house: House) -> None:
    await house.engine.start(spec("rpl_2", image="caddy:2"))
    again = ChosenEngine({"plain": house.plain, "containers": house.containers})
    assert [status.id for status in await again.recover()] == ["rpl_2"]
    await again.stop("rpl_2")
    await again.destroy("rpl_2")
    with pytest.raises(ReplicaNotFound):
        await again.inspect("rpl_2")


async def test_without_a_daemon_the_way_out_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = house.engine.capabilities
    monkeypatch.setattr(Containers, "has_daemon", False)
    assert (before.images, house.engine.capabilities.images) == (True, False)
    with pytest.raises(ReplicaStartFailed) as caught:
        await house.engine.start(spec("rpl_2", image="caddy:2"))
    assert "capsule doctor" in (caught.value.hint or "")


async def test_the_fingerprint_speaks_of_each(house: House) -> None:
    fingerprint = await house.engine.fingerprint()
    assert fingerprint.engine == "fake, containers"
