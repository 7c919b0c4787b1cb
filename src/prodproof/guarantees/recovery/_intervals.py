"""How long it was from one restore point to the next, as far as tools say it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prodproof.facts.store_backups import Moment

_ENOUGH = 2
"""Intervals in a row that are evidence of how often copies are made."""


@dataclass(frozen=True)
class Point:
    """Between which moments it was begun, and between which it was whole."""

    begun: tuple[datetime, datetime]
    whole: tuple[datetime, datetime]


@dataclass(frozen=True)
class Gap:
    """What would have been lost just before a point was whole."""

    least: timedelta
    most: timedelta
    until: datetime


def point_of(moment: Moment, takes: timedelta) -> Point | None:
    """A restore point with its bounds, where its tool does not say all; None where it says no time.

    Args:
        takes: how long the making of one may take.
    """
    started, completed = moment.started, moment.completed
    if started is not None and completed is not None:
        return Point((started, started), (completed, completed))
    if completed is not None:
        return Point((completed - takes, completed), (completed, completed))
    if started is not None:
        return Point((started, started), (started, started + takes))
    return None


def gaps_of(points: Sequence[Point]) -> Iterator[Gap]:
    """One for each point but the first, in the order in which they were whole: what the ones before it had."""
    for number, point in enumerate(points[1:], start=1):
        earlier = points[:number]
        soonest, latest = point.whole
        least = soonest - max(item.begun[1] for item in earlier)
        yield Gap(least, latest - max(item.begun[0] for item in earlier), soonest)


def without_thinned(gaps: Sequence[Gap], rpo: timedelta) -> Sequence[Gap]:
    """Without those of older times from which copies were taken away: there all are too long, and none newer is."""
    good = next((number for number, gap in enumerate(reversed(gaps)) if gap.least > rpo), len(gaps))
    older = gaps[: len(gaps) - good]
    if good >= _ENOUGH and len(older) >= _ENOUGH and all(gap.least > rpo for gap in older):
        return gaps[len(older) :]
    return gaps
