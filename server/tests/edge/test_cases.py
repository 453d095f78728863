"""The golden cases: route table and request → upstream, headers, status. See cases/README.md."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from edge_harness import Client, EdgeInTest, MakeUpstream, ScriptedUpstream

from capsule.edge.contract import Route, RouteState

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


@dataclass
class Case:
    routes: list[list[str]] = field(default_factory=list)
    request: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    passed_on: list[str] = field(default_factory=list)
    upstream: str = "none"


def read_case(path: Path) -> Case:
    case = Case()
    for line in path.read_text().splitlines():
        mark, _, rest = line.partition(" ")
        match mark:
            case "#" | "":
                pass
            case "route":
                case.routes.append(rest.split())
            case ">":
                case.request.append(rest)
            case "<":
                case.answer.append(rest)
            case ">>":
                case.passed_on.append(rest)
            case "upstream":
                case.upstream = rest
            case _:
                raise ValueError(f"{path.name}: {line}")
    return case


def check_headers(expected: list[str], headers: list[tuple[str, str]]) -> None:
    for line in expected:
        if line.startswith("!"):
            assert line[1:].lower() not in [name for name, _ in headers]
        else:
            name, _, value = line.partition(": ")
            assert [have for one, have in headers if one == name.lower()] == [value]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_case(path: Path, edge: EdgeInTest, client: Client, make_upstream: MakeUpstream) -> None:
    case = read_case(path)
    upstreams: dict[str, ScriptedUpstream] = {}
    for route_id, hosts, *options in case.routes:
        option = dict(one.split("=", 1) for one in options)
        names = [name for name in option.get("upstreams", "").split(",") if name]
        for name in names:
            upstreams[name] = upstreams.get(name) or await make_upstream(name)
        state = RouteState(option.get("state", "live"))
        addresses = tuple(upstreams[name].upstream for name in names)
        await edge.put(Route(route_id, tuple(hosts.split(",")), route_id, "", state, addresses, 0.2))
    request = "\r\n".join(case.request).encode().decode("unicode_escape").encode("latin-1")
    await client.send(request + b"\r\n")
    answer = await client.read(case.request[0].split(" ")[0])
    assert answer.status == int(case.answer[0])
    check_headers(case.answer[1:], answer.headers)
    got = {name: one.requests for name, one in upstreams.items() if one.requests}
    assert list(got) == ([] if case.upstream == "none" else [case.upstream])
    if case.passed_on:
        (passed,) = got[case.upstream]
        lines = [line for line in case.passed_on if line.endswith(("HTTP/1.1", "HTTP/1.0"))]
        assert lines in ([], [passed.line])
        check_headers([line for line in case.passed_on if line not in lines], passed.headers)
