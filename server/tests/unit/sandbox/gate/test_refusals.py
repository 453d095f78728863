from ipaddress import ip_address

from capsule.sandbox.gate.judging import Refuse
from capsule.sandbox.gate.refusals import Refusals


def test_the_same_is_told_once_a_minute() -> None:
    now = [0.0]
    told: list[tuple[str, int]] = []
    refusals = Refusals(lambda sentence, pid: told.append((sentence, pid)), clock=lambda: now[0])
    refused = Refuse(ip_address("fd00::1"), 80, "closed")
    for now[0] in (0, 1, 59, 61):
        refusals.tell(refused, 7)
    assert told == [("Connection to [fd00::1]:80 refused: closed", 7)] * 2


def test_a_scan_does_not_fill_the_log() -> None:
    told: list[str] = []
    refusals = Refusals(lambda sentence, _: told.append(sentence), clock=lambda: 0.0)
    for port in range(1000):
        refusals.tell(Refuse(ip_address("10.0.0.5"), port, "closed"), 7)
    assert len(told) == 21
    assert told[-1].startswith("More connections")
