"""Networks get addresses that nothing else on the machine has."""

import ipaddress

from capsule.docker.networks import _free, _subnets

POOL = ipaddress.IPv4Network("10.212.0.0/14")


def test_taken_addresses_are_passed_over() -> None:
    first = _free("capsule-x-spc_1", [])
    assert first.subnet_of(POOL)
    assert first.prefixlen == 24
    assert _free("capsule-x-spc_1", []) == first
    second = _free("capsule-x-spc_1", [first])
    assert second != first
    assert _free("capsule-x-spc_1", [ipaddress.IPv4Network("10.212.0.0/15")]).subnet_of(
        ipaddress.IPv4Network("10.214.0.0/15")
    )


def test_subnets_of_what_the_daemon_tells() -> None:
    assert list(_subnets({"IPAM": {"Config": [{"Subnet": "10.0.0.0/24"}, {"Subnet": "fd00::/64"}]}})) == [
        ipaddress.IPv4Network("10.0.0.0/24")
    ]
    assert list(_subnets({"IPAM": None})) == []
