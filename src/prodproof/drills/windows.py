"""Maintenance windows: whether a drill may run now, and when it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prodproof.facts.declared.maintenance import DAYS, MaintenanceWindow

_AHEAD = 9
"""Days that are looked ahead: every weekday, whatever the time zone."""


@dataclass(frozen=True, order=True)
class Opening:
    """One time from which to which drills may run; both in UTC."""

    start: datetime
    end: datetime
    name: str


def openings(windows: Sequence[MaintenanceWindow], now: datetime) -> tuple[Opening, ...]:
    """Every opening that is not over, of the next week, in order; overlapping ones are not joined."""
    found = (_on(window, now, day) for window in windows for day in range(-2, _AHEAD))
    return tuple(sorted(opening for opening in found if opening is not None and opening.end > now))


def shut(windows: Sequence[MaintenanceWindow], now: datetime, seconds: float) -> str | None:
    """Why a drill that may take so long must not begin now; None if it may, or if no window is declared."""
    if not windows:
        return None
    needed = timedelta(seconds=seconds)
    coming = openings(windows, now)
    for opening in coming:
        if opening.start <= now and now + needed <= opening.end:
            return None
    fitting = next((item for item in coming if item.end - max(item.start, now) >= needed), None)
    if fitting is None:
        return f"it may take {round(seconds / 60)} minutes, and no maintenance window is that long"
    return f"outside of the maintenance windows; {fitting.name} opens at {fitting.start:%Y-%m-%d %H:%M} UTC"


def _on(window: MaintenanceWindow, now: datetime, ahead: int) -> Opening | None:
    zone = ZoneInfo(window.timezone)
    day = now.astimezone(zone).date() + timedelta(days=ahead)
    if DAYS[day.weekday()] not in window.days:
        return None
    begins, ends = time.fromisoformat(window.start), time.fromisoformat(window.end)
    last = day if ends > begins else day + timedelta(days=1)
    start = datetime.combine(day, begins, zone).astimezone(UTC)
    return Opening(start, datetime.combine(last, ends, zone).astimezone(UTC), window.name)
