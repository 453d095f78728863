from dataclasses import dataclass

import pytest

from capsule.edge.contract import Route
from capsule.edge.table import DEFAULT_ROUTE, RouteTable, with_plain_hosts
from capsule.errors import Conflict


@dataclass(frozen=True)
class Entry:
    route: Route


def entry(route_id: str, *hosts: str) -> Entry:
    return Entry(Route(route_id, hosts, route_id, route_id))


@pytest.fixture
def table() -> RouteTable[Entry]:
    table: RouteTable[Entry] = RouteTable(["example.org", "Machine"])
    table.put(entry(DEFAULT_ROUTE, "console.example.org"))
    table.put(entry("cps_shop", "shop.example.org", "www.shop.test"))
    return table


def found(table: RouteTable[Entry], host: str) -> str | None:
    entry = table.find(host)
    return entry.route.id if entry else None


def test_each_host_finds_its_route(table: RouteTable[Entry]) -> None:
    assert found(table, "shop.example.org") == found(table, "www.shop.test") == "cps_shop"


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "192.168.1.7", "[::1]", "machine", "example.org", ""]
)
def test_hosts_of_the_machine_find_the_console(table: RouteTable[Entry], host: str) -> None:
    assert found(table, host) == DEFAULT_ROUTE


@pytest.mark.parametrize("host", ["nope.example.org", "nope.localhost", "other.test", "1.2.3.4.nip.io"])
def test_unknown_host_finds_nothing(table: RouteTable[Entry], host: str) -> None:
    assert found(table, host) is None


def test_replaced_route_loses_its_old_hosts(table: RouteTable[Entry]) -> None:
    table.put(entry("cps_shop", "new.example.org"))
    assert found(table, "shop.example.org") is None
    assert found(table, "new.example.org") == "cps_shop"


def test_discarded_route_is_gone(table: RouteTable[Entry]) -> None:
    assert table.discard("cps_shop") is not None
    assert table.discard("cps_shop") is None
    assert found(table, "shop.example.org") is None


def test_host_of_another_route_is_a_conflict(table: RouteTable[Entry]) -> None:
    with pytest.raises(Conflict, match=r"shop\.example\.org"):
        table.check_hosts(entry("cps_other", "shop.example.org").route)
    table.check_hosts(entry("cps_shop", "shop.example.org").route)


def test_hosts_are_spelled_plainly() -> None:
    assert with_plain_hosts(Route("a", ("Shop.Localhost.",), "a", "a")).hosts == ("shop.localhost",)
