from pathlib import Path

import pytest

from capsule.edge.address import TcpAddress, UnixAddress, parse_address
from capsule.errors import InvalidInput


def test_both_forms_are_read() -> None:
    assert parse_address("tcp:127.0.0.1:20001") == TcpAddress("127.0.0.1", 20001)
    assert parse_address("tcp:[::1]:20001") == TcpAddress("::1", 20001)
    assert parse_address("unix:/run/app.sock") == UnixAddress(Path("/run/app.sock"))


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:80", "tcp:80", "tcp:a:b", "tcp:a:0", "tcp:a:70000", "unix:relative"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_address(text)
