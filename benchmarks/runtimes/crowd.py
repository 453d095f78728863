"""Many users: what each costs, all at once, and one after the other."""

import asyncio
import statistics
import time

from benchmarks.report import Measure, show
from benchmarks.runtimes import sizes
from benchmarks.runtimes.house import Guest, House
from benchmarks.runtimes.waking import percentile_95

_IDLE_SECONDS = 2.0
_FEW = 12
_CROWD = 300
_AT_ONCE = 16
"""As the app host does it."""
_EARLY, _LATE = 200, 2000
_AIM_MEMORY = "≤ 6 MB"


async def memory() -> None:
    async with House() as house:
        await house.start()
        guests = [await house.wake() for _ in range(_FEW)]
        for guest in guests:
            await guest.say()
        await asyncio.sleep(_IDLE_SECONDS)
        taken, groups = [], []
        for guest in guests:
            folder = sizes.group(guest.pid)
            pids = sizes.group_pids(folder) if folder is not None else [guest.pid]
            taken.append(sizes.memory(pids))
            groups.append(sizes.group_memory(folder) if folder is not None else 0.0)
        zygote = sizes.memory([await house.zygote()])
        for guest in guests:
            await house.end(guest)
    private = statistics.median(item.private for item in taken)
    pss = statistics.median(item.pss for item in taken)
    rows = [
        Measure(
            "idle runtime after one turn, private",
            f"{private:.2f} MB",
            f"{private / zygote.rss:.1%} of the zygote's {zygote.rss:.0f} MB resident",
            _AIM_MEMORY,
        ),
        Measure("the same, charged to its control group", f"{statistics.median(groups):.2f} MB"),
        Measure("the same, proportional share", f"{pss:.2f} MB", f"shared by {_FEW} runtimes"),
        Measure("zygote, private", f"{zygote.private:.1f} MB", f"proportional share {zygote.pss:.1f} MB"),
    ]
    show("Memory of a runtime (fastapi, openai, sqlalchemy.orm)", rows)


async def storm() -> None:
    async with House() as house:
        await house.start()
        await house.end(await house.wake())
        await asyncio.sleep(0.5)
        zygote, agent = await house.zygote(), house.agent.pid
        before = _account(house, zygote, agent)
        free = _available()
        gate = asyncio.Semaphore(_AT_ONCE)
        wakes: list[float] = []

        async def visit() -> Guest:
            async with gate:
                began = time.perf_counter()
                guest = await house.wake()
                await guest.say()
                wakes.append(time.perf_counter() - began)
            await guest.say()
            return guest

        began = time.perf_counter()
        guests = await asyncio.gather(*(visit() for _ in range(_CROWD)))
        all_awake = time.perf_counter() - began
        await asyncio.sleep(_IDLE_SECONDS)
        used = free - _available()
        total = sizes.memory([zygote, *(guest.pid for guest in guests)])
        alive = sum(1 for status in await house.engine.runtimes(house.replica_id) if status.is_running)
        began = time.perf_counter()
        await asyncio.gather(*(house.end(guest) for guest in guests))
        stopped = time.perf_counter() - began
        await asyncio.sleep(1.0)
        after = _account(house, zygote, agent)
    left = {name: after[name] - before[name] for name in before if after[name] > before[name]}
    each = f"{total.pss / _CROWD:.2f} MB each, zygote included"
    rows = [
        Measure(
            f"{_CROWD} users answered twice", f"{all_awake:.1f} s", f"{_CROWD / all_awake:.0f} per second"
        ),
        Measure("cold to first reply meanwhile, p50", f"{statistics.median(wakes) * 1000:.0f} ms"),
        Measure("cold to first reply meanwhile, p95", f"{percentile_95(wakes) * 1000:.0f} ms"),
        Measure("memory of all processes together (PSS)", f"{total.pss:.0f} MB", each),
        Measure("memory gone from the machine", f"{used:.0f} MB", f"{used / _CROWD:.2f} MB each"),
        Measure("alive at the end", str(alive), f"of {_CROWD}", str(_CROWD)),
        Measure("all stopped", f"{stopped:.1f} s"),
        Measure("left behind", _listed(left), f"of {_listed(before)}", "nothing"),
    ]
    show(f"{_CROWD} users at once", rows)


async def turnover() -> None:
    async with House() as house:
        await house.start()
        zygote, agent = await house.zygote(), house.agent.pid
        times: list[float] = []
        accounts: list[tuple[dict[str, int], sizes.Memory, sizes.Memory]] = []
        for number in range(1, _LATE + 1):
            began = time.perf_counter()
            guest = await house.wake()
            await guest.say()
            times.append(time.perf_counter() - began)
            await house.end(guest)
            if number in (_EARLY, _LATE):
                await asyncio.sleep(1.0)
                measured = sizes.memory([zygote]), sizes.memory([agent])
                accounts.append((_account(house, zygote, agent), *measured))
    (early, zygote_early, agent_early), (late, zygote_late, agent_late) = accounts
    between = _LATE - _EARLY
    grown = {name: late[name] - early[name] for name in early if late[name] > early[name]}
    rows = [
        Measure(f"cold to first reply, users 1 to {_EARLY}, p50", _ms(times[:_EARLY])),
        Measure(
            f"the same, last {_EARLY} of {_LATE}",
            _ms(times[-_EARLY:]),
            f"{statistics.median(times[-_EARLY:]) / statistics.median(times[:_EARLY]):.2f}× the first",
        ),
        Measure(
            f"zygote at {_EARLY} → {_LATE} users",
            f"{zygote_early.rss:.2f} → {zygote_late.rss:.2f} MB",
            f"{_per_user(zygote_early, zygote_late, between)} per user",
            "no growth",
        ),
        Measure(
            f"node agent at {_EARLY} → {_LATE} users",
            f"{agent_early.rss:.2f} → {agent_late.rss:.2f} MB",
            f"{_per_user(agent_early, agent_late, between)} per user",
            "no growth",
        ),
        Measure("descriptors and the like that grew", _listed(grown), f"of {_listed(early)}", "nothing"),
    ]
    show(f"{_LATE} users in turn", rows)


def _account(house: House, zygote: int, agent: int) -> dict[str, int]:
    return {
        **house.remains(),
        "descriptors of the zygote": sizes.descriptors(zygote),
        "descriptors of the node agent": sizes.descriptors(agent),
    }


def _available() -> float:
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("MemAvailable"))


def _per_user(early: sizes.Memory, late: sizes.Memory, users: int) -> str:
    return f"{(late.rss - early.rss) * 1024 * 1024 / users:.0f} bytes"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1000:.1f} ms"
