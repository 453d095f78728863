import asyncio
from ipaddress import ip_address

import pytest

from capsule.engines.contract import Egress, EgressMode
from capsule.errors import InvalidInput
from capsule.sandbox.gate.policy import Policy, Way

OWN = "93.184.216.1"


class World:
    """A machine with one own address, a clock and names."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.names: dict[str, list[str]] = {}
        self.lookups: list[str] = []

    async def lookup(self, name: str) -> list[str]:
        self.lookups.append(name)
        await asyncio.sleep(0)
        if name not in self.names:
            raise OSError("no such name")
        return self.names[name]

    def policy(self, *allow: str, mode: EgressMode = EgressMode.public) -> Policy:
        return Policy(
            Egress(mode, allow),
            is_own=lambda address: str(address) == OWN,
            lookup=self.lookup,
            clock=lambda: self.now,
        )


@pytest.fixture
def world() -> World:
    return World()


def way(policy: Policy, address: str, port: int = 443) -> Way:
    return policy.decide(ip_address(address), port).way


class TestPublic:
    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
    )
    def test_the_public_internet_is_open(self, world: World, address: str) -> None:
        assert way(world.policy(), address) is Way.out

    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"]
    )
    def test_loopback_is_inside(self, world: World, address: str) -> None:
        assert way(world.policy(), address) is Way.inside

    @pytest.mark.parametrize(
        "address",
        [
            *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.0.1"),
            *(
                "169.254.169.254",
                "168.63.129.16",
                "192.0.0.192",
                "198.18.0.1",
                "224.0.0.1",
                "255.255.255.255",
            ),
            *("0.1.2.3", "240.0.0.1", "203.0.113.1", "fd00:ec2::254", "fe80::1", "ff02::1", "fec0::1"),
            *("2001:db8::1", "2001::1", "64:ff9b:1::1", "::ffff:0:a00:1", "::10.0.0.1", "4000::1", "3fff::1"),
            *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "64:ff9b::7f00:1", "2002:7f00:1::"),
            OWN,
        ],
    )
    def test_all_else_is_closed(self, world: World, address: str) -> None:
        decision = world.policy().decide(ip_address(address), 80)
        assert decision.way is Way.refused
        assert decision.reason.endswith("(allow it in the capsule's network settings)")


class TestListed:
    def test_only_what_is_listed(self, world: World) -> None:
        policy = world.policy("8.8.8.8:53", mode=EgressMode.listed)
        assert way(policy, "8.8.8.8", 53) is Way.out
        assert way(policy, "8.8.8.8", 443) is Way.refused
        assert way(policy, "8.8.4.4", 53) is Way.refused
        assert way(policy, "127.0.0.1", 53) is Way.inside

    @pytest.mark.parametrize(
        ("entry", "address", "port", "is_open"),
        [
            ("10.0.0.5", "10.0.0.5", 1, True),
            ("10.0.0.5", "::ffff:10.0.0.5", 1, True),
            ("10.0.0.5", "64:ff9b::a00:5", 1, False),
            ("10.0.0.0/8:5432", "10.9.9.9", 5432, True),
            ("10.0.0.0/8:5432", "10.9.9.9", 5433, False),
            ("127.0.0.1:5432", "127.0.0.1", 5432, True),
            ("169.254.169.254:80", "169.254.169.254", 80, True),
            (OWN, OWN, 80, True),
            ("fd00::/8", "fd12::1", 80, True),
        ],
    )
    def test_opens_what_is_closed_otherwise(
        self, world: World, entry: str, address: str, port: int, is_open: bool
    ) -> None:
        assert (way(world.policy(entry), address, port) is Way.out) is is_open

    @pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "169.254.169.254", OWN, "::1", "fe80::1"])
    def test_a_wide_network_does_not_mean_the_machine_itself(self, world: World, address: str) -> None:
        assert way(world.policy("0.0.0.0/0", "::/0"), address) is not Way.out

    def test_what_cannot_be_read_is_refused(self, world: World) -> None:
        with pytest.raises(InvalidInput, match=r"'10\.0\.0/8'"):
            world.policy("10.0.0/8")


class TestNames:
    async def test_their_addresses_are_found_here(self, world: World) -> None:
        world.names["db.lan"] = ["10.0.0.5", "fe80::1%eth0"]
        policy = world.policy("db.lan:5432")
        assert way(policy, "10.0.0.5", 5432) is Way.refused
        assert policy.is_stale(5)
        await policy.refresh(5)
        assert not policy.is_stale(5)
        assert way(policy, "10.0.0.5", 5432) is Way.out
        assert way(policy, "10.0.0.5", 5433) is Way.refused
        assert way(policy, "10.0.0.6", 5432) is Way.refused

    async def test_an_address_is_kept_for_a_while_after_a_name_has_moved(self, world: World) -> None:
        world.names["db.lan"] = ["10.0.0.5"]
        policy = world.policy("db.lan")
        await policy.refresh(5)
        world.names["db.lan"] = ["10.0.0.6"]
        world.now += 60
        await policy.refresh(5)
        assert [str(address) for address in policy.addresses_of("DB.lan.")] == ["10.0.0.6"]
        assert way(policy, "10.0.0.5") is way(policy, "10.0.0.6") is Way.out
        world.now += 601
        await policy.refresh(5)
        assert way(policy, "10.0.0.5") is Way.refused

    async def test_a_failed_look_up_leaves_what_was_known(self, world: World) -> None:
        world.names["db.lan"] = ["10.0.0.5"]
        policy = world.policy("db.lan")
        await policy.refresh(5)
        world.names.clear()
        world.now += 60
        await policy.refresh(5)
        assert way(policy, "10.0.0.5") is Way.out

    async def test_one_look_up_serves_all_who_wait(self, world: World) -> None:
        world.names["db.lan"] = ["10.0.0.5"]
        policy = world.policy("db.lan", "db.lan:80")
        await asyncio.gather(*(policy.refresh(5) for _ in range(5)), policy.refresh(5, name="other"))
        await policy.refresh(5)
        assert world.lookups == ["db.lan"]
