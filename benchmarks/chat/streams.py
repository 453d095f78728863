"""200 answers that grow at once, each by a piece every 20 ms: how late each piece is on the page."""

import statistics

from benchmarks.chat import house
from benchmarks.chat.echo import percentile_99, verdict
from benchmarks.report import Measure, show

_STREAMS = 200
_SECONDS = 12.0
_ROUNDS = 3
_LIMIT = 0.25


def streams() -> None:
    rows = []
    with house.capsule() as place:
        for users in (_STREAMS, 10):
            rounds = [place.load(_STREAMS, _SECONDS, what="streams", users=users) for _ in range(_ROUNDS)]
            most = statistics.median(max(found.times) for found in rounds)
            late = statistics.median(sum(worst > _LIMIT for worst in found.worst_of_each) for found in rounds)
            spent = [sum(found.spent.values()) / len(found.times) * 1e6 for found in rounds]
            middle = statistics.median(statistics.median(found.times) for found in rounds)
            p99 = statistics.median(percentile_99(found.times) for found in rounds)
            rate = statistics.median(len(found.times) / found.seconds for found in rounds)
            missing = sum(found.missing for found in rounds)
            what = f"{_STREAMS} streams of {users} users"
            rows += [
                Measure(
                    f"{what}: latest piece",
                    f"{most * 1000:.0f} ms",
                    "",
                    f"≤ 250 ms: {verdict(most <= _LIMIT)}",
                ),
                Measure(f"{what}: p50, p99", f"{middle * 1000:.0f}, {p99 * 1000:.0f} ms"),
                Measure(f"{what}: streams ever later than 250 ms", f"{late:.0f}", f"of {_STREAMS}", "0"),
                Measure(f"{what}: pieces per second", f"{rate:,.0f}", f"written {_STREAMS * 50:,}"),
                Measure(f"{what}: pieces that did not come", f"{missing}", "", "0"),
                Measure(f"{what}: processor time per piece", f"{statistics.median(spent):.0f} µs"),
            ]
    show("Streams", rows)
