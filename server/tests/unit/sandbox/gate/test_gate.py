"""What programs see of the gate. Attacks on it are in test_holes.py."""

import asyncio
import os
import shutil
import socket
import sys
import time

import pytest

from capsule.engines.contract import Egress
from capsule.sandbox.gate.policy import Policy


def here(port: int) -> tuple[str]:
    return (f"127.0.0.1:{port}",)


SAY_HI = """
def hi(sock):
    sock.sendall(b"hi")
    assert sock.recv(9) == b"hi"
"""


class TestConnect:
    async def test_blocking(self, walled, echo: int) -> None:
        code = SAY_HI + """
with socket.socket() as sock:
    sock.connect(HERE)
    hi(sock)
    print(sock.getpeername() == HERE, os.get_blocking(sock.fileno()), os.get_inheritable(sock.fileno()))
"""
        assert await walled.run(code, echo, allow=here(echo)) == "True True False"
        assert walled.refused == []

    async def test_with_timeout(self, walled, echo: int) -> None:
        code = SAY_HI + """
for _ in range(20):
    with socket.create_connection(HERE, timeout=5) as sock:
        hi(sock)
print(sock.gettimeout())
"""
        assert await walled.run(code, echo, allow=here(echo)) == "5.0"
