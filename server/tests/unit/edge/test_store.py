from pathlib import Path

from capsule.edge.contract import Route, RouteState, Upstream
from capsule.edge.store import RouteStore

ROUTE = Route(
    "cps_a",
    ("a.localhost",),
    "a",
    "cps_a",
    RouteState.failed,
    (Upstream("rep_1", "tcp:127.0.0.1:1"),),
    5.0,
    "x",
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    RouteStore(tmp_path / "edge").save([ROUTE])
    assert RouteStore(tmp_path / "edge").load() == [ROUTE]


def test_no_file_is_no_routes(tmp_path: Path) -> None:
    assert RouteStore(tmp_path).load() == []


def test_broken_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "routes.json").write_text('[{"id": 1}]')
    assert RouteStore(tmp_path).load() == []
    assert (tmp_path / "routes.json.broken").exists()
    RouteStore(tmp_path).save([ROUTE])
    assert RouteStore(tmp_path).load() == [ROUTE]
