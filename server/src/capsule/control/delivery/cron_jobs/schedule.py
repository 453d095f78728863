"""Read schedules and say when they come. Knows no clock of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from capsule.errors import InvalidInput

_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_NAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_WINDOWS = tuple(timedelta(hours=hours) for hours in (1, 25, 24 * 32, 24 * 367))
_EXAMPLE = "`30 3 * * 1-5` is half past three on working days; `*/15 * * * *` every quarter of an hour."
_RANGES = ("0-59", "0-23", "1-31", "1-12 or JAN-DEC", "0-7 or SUN-SAT")


class BadSchedule(InvalidInput):
    code, title = "bad_schedule", "Not a schedule"


class Schedule:
    """When a cron job is due: five fields (or `@daily` and the like) in a time zone.

    At changes of the clock it does as Debian's cron: a time that is left out comes right after the gap, one
    that comes twice is due once; what is due every hour or more often just goes on.
    """

    def __init__(self, text: str, timezone: str = "UTC") -> None:
        """Raises BadSchedule, which names the field and the value that is wrong."""
        self._zone = _zone(timezone)
        self._fields = _NAMES.get(text.strip().lower(), text.strip())
        if self._fields.startswith("@"):
            names = ", ".join(_NAMES)
            raise BadSchedule(
                f"'{text}' is no name of a schedule.", hint=f"One of {names}.", field="schedule"
            )
        _check(self._fields)
        if next(self._after(datetime(2000, 1, 1, tzinfo=UTC)), None) is None:
            raise BadSchedule(f"'{text}' is never due.", hint=_EXAMPLE, field="schedule")

    def next(self, after: datetime) -> datetime:
        """Return the first time after `after`, in UTC."""
        return next(self._after(after))

    def following(self, after: datetime, number: int) -> list[datetime]:
        return list(islice(self._after(after), number))

    def last(self, first: datetime, until: datetime) -> datetime:
        """Return the last time up to `until`; `first` is one, and not later."""
        for window in (*_WINDOWS, until - first):
            times = takewhile(lambda time: time <= until, self._after(until - window))
            if found := list(times):
                return max(first, found[-1])
        return first

    def _after(self, moment: datetime) -> Iterator[datetime]:
        for time in CronSim(self._fields, moment.astimezone(self._zone)):
            # In the hour that comes twice, one that was due the first time may be told again.
            if time > moment:
                yield time.astimezone(UTC)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(
            f"'{name}' is no time zone.", hint="Such as UTC or Africa/Johannesburg.", field="timezone"
        ) from None


def _check(text: str) -> None:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise BadSchedule(
            f"'{text}' has {len(fields)} fields, not five: {', '.join(_FIELDS)}.",
            hint=_EXAMPLE,
            field="schedule",
        )
    for position, value in enumerate(fields):
        alone = ["*"] * len(_FIELDS)
        alone[position] = value
        try:
            CronSim(" ".join(alone), datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError:
            raise BadSchedule(
                f"The {_FIELDS[position]} '{value}' of '{text}' cannot be; it takes {_RANGES[position]}, "
                "with `*`, lists, ranges and steps.",
                hint=_EXAMPLE,
                field="schedule",
            ) from None
    try:
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError:
        raise BadSchedule(f"'{text}' is never due.", hint=_EXAMPLE, field="schedule") from None
