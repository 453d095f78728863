from typing import Any

import pytest

from capsule.edge.access import AccessLog, record_of
from capsule.edge.proxy.proxy import AccessEntry


def entry(capsule_id: str = "cps_a", target: bytes = b"/a?token=1") -> AccessEntry:
    return (
        capsule_id, 5.25, b"GET", target, "a.localhost", 200, 0.0123, 10, 20, "rep_1", "127.0.0.1", b"curl",
        1.5, False,
    )  # fmt: skip


def test_record_names_the_request_with_path_and_query_apart() -> None:
    assert record_of(entry(), 1_700_000_000.0) == {
        "at": "2023-11-14T22:13:25.250Z",
        "method": "GET",
        "path": "/a",
        "query": "token=1",
        "host": "a.localhost",
        "status": 200,
        "duration_ms": 12.3,
        "held_ms": 1500.0,
        "bytes_in": 10,
        "bytes_out": 20,
        "replica": "rep_1",
        "client": "127.0.0.1",
        "user_agent": "curl",
        "protocol": "HTTP/1.1",
    }


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/api/account/magic-link?token=t0ken", "/api/account/magic-link", "token=…"),
        (b"/api/enter?x=1&ticket=t0ken&y=2", "/api/enter", "x=1&ticket=…&y=2"),
        (b"/api/connections/callback?code=t0ken&state=t0ken", "/api/connections/callback", "code=…&state=…"),
        (
            b"/api/files/fil_1/a.png?expires=1&signature=t0ken",
            "/api/files/fil_1/a.png",
            "expires=1&signature=…",
        ),
        (b"/_capsule/preview/t0ken/3000/a/b?q=1", "/_capsule/preview/…/3000/a/b", "q=1"),
        (b"/_capsule/preview/t0ken", "/_capsule/preview/…", ""),
    ],
)
def test_what_lets_somebody_in_is_not_written_down(target: bytes, path: str, query: str) -> None:
    record = record_of(entry(target=target), 0.0)
    assert (record["path"], record["query"]) == (path, query)


class Written:
    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.flushed = 0
        self.closed = False

    def append(self, record: dict[str, object]) -> None:
        self.records.append(record)

    def flush(self) -> None:
        self.flushed = len(self.records)

    def close(self) -> None:
        self.closed = True


def test_each_capsule_has_its_own_log_flushed_per_batch() -> None:
    logs: dict[str, Written] = {}
    log = AccessLog(lambda capsule_id: logs.setdefault(capsule_id, Written()))
    log.write([entry("cps_a"), entry("cps_b"), entry("cps_a")], 0.0)
    assert {key: one.flushed for key, one in logs.items()} == {"cps_a": 2, "cps_b": 1}
    log.close()
    assert all(one.closed for one in logs.values())
