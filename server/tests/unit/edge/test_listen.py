import socket

import pytest

from capsule.edge.listen import CannotListen, PortInUse, listen


def test_localhost_is_both_loopback_addresses_on_one_port() -> None:
    listeners = listen("localhost", 0, 2)
    try:
        assert listeners.address.hosts[0] == "127.0.0.1"
        ports = {one.getsockname()[1] for group in listeners.sockets for one in group}
        assert ports == {listeners.address.port}
        assert [len(group) for group in listeners.sockets] == [len(listeners.address.hosts)] * 2
    finally:
        listeners.close()


def test_port_of_another_program_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)) as caught:
            listen("127.0.0.1", port, 1)
    assert "--port" in (caught.value.hint or "")


def test_port_of_another_edge_is_in_use_although_it_could_be_shared() -> None:
    first = listen("127.0.0.1", 0, 1)
    try:
        with pytest.raises(PortInUse):
            listen("127.0.0.1", first.address.port, 1)
    finally:
        first.close()


def test_foreign_address_cannot_be_listened_on() -> None:
    with pytest.raises(CannotListen):
        listen("203.0.113.7", 0, 1)
