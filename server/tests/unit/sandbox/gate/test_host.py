from ipaddress import ip_address
from pathlib import Path

import pytest

from capsule.kit.ownaddress import is_own_address
from capsule.sandbox.gate.host import nameservers


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "0.0.0.0"])
def test_loopback_is_the_machines_own(address: str) -> None:
    assert is_own_address(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "10.254.254.254"])
def test_others_are_not(address: str) -> None:
    assert not is_own_address(ip_address(address))


def test_nameservers_are_read_as_resolvers_do(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(
        "# nameserver 1.1.1.1\nsearch lan\nnameserver 10.0.0.53\nnameserver fe80::1%eth0\nnameserver x\n"
    )
    assert nameservers(conf) == ["10.0.0.53", "fe80::1%eth0"]


def test_without_any_it_is_this_machine(tmp_path: Path) -> None:
    assert nameservers(tmp_path / "missing") == ["127.0.0.1"]
