"""When schedules come, also where clocks are changed; and what bad ones are told."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from capsule.control.delivery.cron_jobs.schedule import BadSchedule, Schedule

BERLIN = "Europe/Berlin"
BEFORE_SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
BEFORE_AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("*/15 * * * *", "2026-03-28 12:15"),
        ("30 3 * * 1-5", "2026-03-30 03:30"),
        ("@daily", "2026-03-29 00:00"),
        ("@Hourly", "2026-03-28 13:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 9 * * MON#1", "2026-04-06 09:00"),
    ],
)
def test_next(text: str, first: str) -> None:
    assert Schedule(text).next(BEFORE_SPRING) == utc(first)


def test_time_that_the_clock_leaves_out_comes_right_after_the_gap() -> None:
    times = Schedule("30 2 * * *", BERLIN).following(BEFORE_SPRING, 2)
    assert times == [utc("2026-03-29 01:00"), utc("2026-03-30 00:30")]


def test_time_that_comes_twice_is_due_once() -> None:
    times = Schedule("30 2 * * *", BERLIN).following(BEFORE_AUTUMN, 2)
    assert times == [utc("2026-10-25 00:30"), utc("2026-10-26 01:30")]


def test_in_the_hour_that_comes_twice_nothing_is_due_again() -> None:
    second_time_around = utc("2026-10-25 01:10")
    assert Schedule("30 2 * * *", BERLIN).next(second_time_around) == utc("2026-10-26 01:30")


def test_quarters_of_an_hour_just_go_on_when_the_clock_changes() -> None:
    times = Schedule("*/15 * * * *", BERLIN).following(utc("2026-03-29 00:30"), 4)
    assert [second - first for first, second in itertools.pairwise(times)] == [timedelta(minutes=15)] * 3


def test_last_of_many_that_passed() -> None:
    schedule = Schedule("0 0 * * *")
    first = utc("2026-01-01 00:00")
    assert schedule.last(first, first) == first
    assert schedule.last(first, utc("2026-03-05 08:00")) == utc("2026-03-05 00:00")
    assert Schedule("0 0 29 2 *").last(utc("2020-02-29 00:00"), utc("2026-01-01 00:00")) == utc(
        "2024-02-29 00:00"
    )


@pytest.mark.parametrize(
    ("text", "zone", "field", "words"),
    [
        ("61 * * * *", "UTC", "schedule", "The minute '61'"),
        ("* 25 * * *", "UTC", "schedule", "The hour '25'"),
        ("* * * FOO *", "UTC", "schedule", "The month 'FOO'"),
        ("* * * * 9", "UTC", "schedule", "The day of week '9'"),
        ("* * * *", "UTC", "schedule", "has 4 fields, not five"),
        ("0 * * * * *", "UTC", "schedule", "has 6 fields, not five"),
        ("0 0 30 2 *", "UTC", "schedule", "is never due"),
        ("@sometimes", "UTC", "schedule", "'@sometimes' is no"),
        ("", "UTC", "schedule", "has 0 fields"),
        ("@daily", "Mars/Olympus", "timezone", "'Mars/Olympus' is no time zone"),
        ("@daily", "../../etc/passwd", "timezone", "is no time zone"),
    ],
)
def test_bad_schedule_names_field_value_and_an_example(text: str, zone: str, field: str, words: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        Schedule(text, zone)
    assert words in caught.value.detail
    assert caught.value.context["field"] == field
    assert caught.value.hint
