"""Large request bodies through the whole edge."""

from pathlib import Path

import pytest
from edge_harness import EdgeProcess, MakeRoute, MakeUpstream, Request

MIB = 1024 * 1024
SIZE = 100 * MIB


def workers(edge: EdgeProcess) -> list[int]:
    assert edge._process is not None
    pid = edge._process.pid
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def peak_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_upload_passes_without_being_held(
    process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute, is_chunked: bool
) -> None:
    received = 0

    async def take_in(request: Request) -> None:
        nonlocal received
        if request.line.startswith("GET"):
            await request.answer()
            return
        expected = SIZE + (SIZE // MIB) * len(b"100000\r\n\r\n") + len(b"0\r\n\r\n") if is_chunked else SIZE
        while received < expected:
            received += len(await request.reader.read(MIB))
        await request.answer(b'{"offset": 1}')

    upstream = await make_upstream(script=take_in)
    await process.client.put_route(make_route(upstream))
    client = await process.connect()
    await client.get()  # what a first request costs
    await client.get()  # what a first request costs
    for pid in workers(process):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    before = {pid: peak_memory(pid) for pid in workers(process)}
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {SIZE}"
    await client.send(f"PATCH /api/files/x HTTP/1.1\r\nHost: shop.localhost\r\n{length}\r\n\r\n")
    block = bytes(MIB)
    for _ in range(SIZE // MIB):
        await client.send(b"100000\r\n" + block + b"\r\n" if is_chunked else block)
    if is_chunked:
        await client.send(b"0\r\n\r\n")
    assert (await client.read()).body == b'{"offset": 1}'
    grown = max(peak_memory(pid) - before[pid] for pid in workers(process))
    assert grown < 8 * MIB
