"""ISO dates and times as whole nanoseconds since 1970, so that they compare exactly in every unit."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.(?P<fraction>[0-9]{1,9}))?"
    r" ?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2}(?::[0-9]{2})?)?)?"
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})(?::([0-9]{2}))?")


class Moment(NamedTuple):
    """A date and time as it stands on the clock, and its offset from UTC where one was written."""

    clock: datetime
    nanosecond: int
    zone: tzinfo | None

    def nanoseconds(self, zone: tzinfo | None = None) -> int:
        """Nanoseconds since 1970-01-01 00:00, in UTC when a zone was written or is given."""
        passed = self.clock - datetime(1970, 1, 1)
        zone = self.zone or zone
        if zone is not None:
            passed -= self.clock.replace(tzinfo=zone).utcoffset() or timedelta()
        return passed // timedelta(microseconds=1) * 1000 + self.nanosecond


def moment(text: str) -> Moment | None:
    """Read ``2026-01-05``, ``2026-01-05 10:00``, ``2026-01-05T10:00:00.123+02:00``; None for anything else.

    Examples
    --------
    >>> moment("1970-01-02 00:00:00.000000001").nanoseconds()
    86400000000001
    >>> moment("1970-01-01 02:00+02:00").nanoseconds()
    0
    >>> moment("5 Jan 2026") is None
    True
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    digits = (found["fraction"] or "").ljust(9, "0")
    try:
        clock = datetime.fromisoformat(f"{found['date']}T{found['clock'] or '00:00'}")
        zone = None if found["offset"] is None else zone_named(found["offset"])
    except ValueError:
        return None
    return Moment(clock + timedelta(microseconds=int(digits[:6])), int(digits[6:]), zone)


def zone_named(name: str) -> tzinfo:
    """Find a time zone by an offset or by its name.

    Raises
    ------
    ValueError
        If there is no such zone on this machine.

    Examples
    --------
    >>> zone_named("+02:00")
    datetime.timezone(datetime.timedelta(seconds=7200))
    """
    if name.upper() in ("Z", "UTC", "ETC/UTC"):  # known even where no zone database is installed
        return UTC
    if found := _OFFSET.fullmatch(name):
        sign, hours, minutes, seconds = found.groups(default="0")
        size = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return timezone(-size if sign == "-" else size)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError(f"no time zone {name!r}") from error
