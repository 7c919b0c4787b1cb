"""When a system may be disturbed."""

from dataclasses import dataclass

from prodproof.facts.location import Location

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class MaintenanceWindow:
    """A time of the week in which drills may run; an environment without any is open at all times."""

    name: str
    start: str
    """`22:00`, by the clock of `timezone`."""

    end: str
    """`04:30`; not later than the start means on the next day."""

    days: tuple[str, ...] = DAYS
    """On which it starts."""

    timezone: str = "UTC"
    """As the IANA database names it: `Europe/Berlin`."""

    environment: str = "production"
    owner: str = ""
    location: Location | None = None
