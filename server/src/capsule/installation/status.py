"""Ask every process of the installation how it is."""

import asyncio

import httpx2

from capsule.installation import pidfile
from capsule.installation.processes import Process, ProcessHealth, uptime_seconds
from capsule.kit.sockets import short_path
from capsule.paths import DataPaths


async def examine(paths: DataPaths, processes: list[Process]) -> list[ProcessHealth]:
    """Return the health of the server first, then of the others."""
    return list(await asyncio.gather(server_health(paths), *(process.health() for process in processes)))


async def server_health(paths: DataPaths) -> ProcessHealth:
    running = pidfile.read(paths.pid_file("server"))
    if running is None:
        return ProcessHealth("server", None, "stopped")
    health = "healthy" if await server_answers(paths) else "unhealthy"
    return ProcessHealth("server", running.pid, health, uptime_seconds(running.pid))


async def server_answers(paths: DataPaths) -> bool:
    with short_path(paths.server_socket) as name:
        transport = httpx2.AsyncHTTPTransport(uds=name)
        async with httpx2.AsyncClient(transport=transport, base_url="http://server", timeout=3.0) as client:
            try:
                answer = await client.get("/health")
            except httpx2.HTTPError:
                return False
    return answer.status_code == 200


def render(healths: list[ProcessHealth], *, url: str) -> str:
    """Return the table for people."""
    lines = [f"Capsule at {url}", ""]
    for item in healths:
        pid = f"pid {item.pid}" if item.pid else ""
        lines.append(f"  {item.name:<8}{item.health:<11}{pid:<13}{_uptime(item.uptime_seconds)}".rstrip())
    return "\n".join(lines)


def _uptime(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 1:
        return f"up {seconds:.0f} s"
    if hours < 1:
        return f"up {minutes:.0f} min"
    return f"up {hours:.0f} h" if hours < 48 else f"up {hours / 24:.0f} days"
