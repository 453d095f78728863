"""Warm round trips of an echo, beside Chainlit's."""

import statistics
from dataclasses import dataclass

from benchmarks.chat import house
from benchmarks.chat.load import Found
from benchmarks.report import Measure, show

_CLIENTS = (1, 20, 50)
_SECONDS = 5.0
_ROUNDS = 3
"""They take turns, so that what else the machine does hits both."""


@dataclass(frozen=True)
class Result:
    """Medians of the rounds."""

    per_second: float
    p50: float
    p99: float
    spent: float
    """Processor seconds per message of everything that answers."""
    parts: dict[str, float]

    @classmethod
    def of(cls, rounds: list[Found]) -> "Result":
        parts = {
            name: statistics.median(found.spent[name] / len(found.times) for found in rounds)
            for name in rounds[0].spent
        }
        return cls(
            statistics.median(len(found.times) / found.seconds for found in rounds),
            statistics.median(statistics.median(found.times) for found in rounds),
            statistics.median(percentile_99(found.times) for found in rounds),
            sum(parts.values()),
            parts,
        )


def echo() -> None:
    rows = []
    with house.capsule() as ours, house.chainlit() as theirs:
        for clients in _CLIENTS:
            rounds = [(ours.load(clients, _SECONDS), theirs.load(clients, _SECONDS)) for _ in range(_ROUNDS)]
            mine, peer = (Result.of(list(side)) for side in zip(*rounds, strict=True))
            rows += _rows(clients, mine, peer)
    show("Echo, against Chainlit (which keeps no messages; here each is durable before it is shown)", rows)


def _rows(clients: int, mine: Result, peer: Result) -> list[Measure]:
    times, late = mine.per_second / peer.per_second, mine.p99 / peer.p99
    who = "1 client" if clients == 1 else f"{clients} clients"
    parts = ", ".join(f"{name} {spent * 1e6:.0f}" for name, spent in mine.parts.items())
    return [
        Measure(
            f"{who}: messages per second",
            f"{mine.per_second:,.0f}",
            f"{peer.per_second:,.0f}: {times:.2f}×",
            f"≥ 5×: {verdict(times >= 5)}",
        ),
        Measure(f"{who}: round trip, p50", _ms(mine.p50), f"{_ms(peer.p50)}: {mine.p50 / peer.p50:.2f}×"),
        Measure(
            f"{who}: round trip, p99",
            _ms(mine.p99),
            f"{_ms(peer.p99)}: {late:.2f}×",
            f"≤ 0.2×: {verdict(late <= 0.2)}",
        ),
        Measure(
            f"{who}: processor time per message",
            f"{mine.spent * 1e6:.0f} µs ({parts})",
            f"{peer.spent * 1e6:.0f} µs: {mine.spent / peer.spent:.2f}×",
        ),
    ]


def percentile_99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
