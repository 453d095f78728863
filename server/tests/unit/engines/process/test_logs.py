import asyncio
from pathlib import Path
from typing import Any

import pytest

from capsule.engines.process import logs
from capsule.engines.process.logs import ReplicaLogs
from capsule.engines.records import AppLogs
from capsule.telemetry.segments import tail


class Case:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out, self.err = folder / "out", folder / "err"
        self.app_logs = AppLogs(lambda capsule_id: folder / "telemetry" / capsule_id)
        self.punched: list[int] = []

    def open(self) -> ReplicaLogs:
        made = ReplicaLogs(
            "rpl_1",
            {},
            ("s3cret-value", "-----BEGIN KEY-----\nabcdef\nx"),
            self.app_logs.open("cps_1"),
            {"stdout": self.out, "stderr": self.err},
            self.folder / "consumed",
            self._punch,
        )
        made.attach()
        return made

    def _punch(self, _fd: int, length: int) -> bool:
        self.punched.append(length)
        return True

    def write(self, data: bytes) -> None:
        with self.out.open("ab") as file:
            file.write(data)

    def records(self) -> list[dict[str, Any]]:
        return tail(self.folder / "telemetry" / "cps_1", "app", limit=100_000)

    def texts(self) -> list[str]:
        return [record["text"] for record in self.records()]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


async def test_lines_are_read_when_told_and_half_lines_wait(case: Case) -> None:
    opened = case.open()
    case.write(b"one\ntw")
    opened.changed()
    await asyncio.sleep(0.1)
    assert case.texts() == ["one"]
    case.write(b"o\n")
    opened.changed()
    await asyncio.sleep(0.1)
    assert case.texts() == ["one", "two"]
    opened.detach(drain=True)


async def test_reading_goes_on_where_it_stopped(case: Case) -> None:
    first = case.open()
    case.write(b"one\ntwo\nthr")
    first.changed()
    await asyncio.sleep(0.1)
    first.detach(drain=False)
    case.write(b"ee\nfour\n")
    case.open().detach(drain=True)
    assert case.texts() == ["one", "two", "three", "four"]


async def test_space_of_what_was_read_is_given_back(case: Case) -> None:
    opened = case.open()
    case.write(b"x" * 99 + b"\n" + b"y" * 99 + b"\n" * 1)
    case.write((b"z" * 99 + b"\n") * 30_000)
    opened.detach(drain=True)
    assert case.punched
    assert case.punched[-1] > 2_000_000


async def test_a_flood_is_cut_with_a_word_about_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_BACKLOG", 1_000_000)
    opened = case.open()
    case.write((b"z" * 99 + b"\n") * 20_000)
    case.write(b"the end\n")
    opened.detach(drain=True)
    records = case.records()
    assert records[0]["stream"] == "platform"
    assert "were dropped" in records[0]["text"]
    assert records[1]["text"] == "z" * 99
    assert records[-1]["text"] == "the end"


async def test_replicas_of_a_capsule_share_a_writer(case: Case) -> None:
    first, second = case.app_logs.open("cps_1"), case.app_logs.open("cps_1")
    assert first is second
    case.app_logs.close("cps_1")
    first.append({"at": "", "text": "still open"})
    case.app_logs.close("cps_1")
    assert case.texts() == ["still open"]


async def test_values_of_secrets_are_not_shown(case: Case) -> None:
    opened = case.open()
    case.write(b"token=s3cret-value; again s3cret-value\n-----BEGIN KEY-----\nabcdef\nx\n")
    opened.detach(drain=True)
    assert case.texts() == ["token=[redacted]; again [redacted]", "[redacted]", "[redacted]", "x"]
