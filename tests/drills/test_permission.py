"""When a drill may run: trust, opt-in, maintenance windows, and what cannot be taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from prodproof.drills.permission import needs_approval, refusals
from prodproof.drills.plan import DrillPlan
from prodproof.drills.windows import Opening, openings, shut
from prodproof.facts.declared import Environment, EnvironmentKind, MaintenanceWindow, Permission
from tests.drills.exercises import STORE, planned

SUNDAY_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NIGHT = MaintenanceWindow(name="night", start="22:00", end="04:00", environment="staging")


def at(hour: int, minute: int = 0, day: int = 1, zone: str = "UTC") -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def production(plan: DrillPlan) -> DrillPlan:
    environment = Environment(name="staging", kind=EnvironmentKind.PRODUCTION)
    return replace(plan, declared=replace(plan.declared, environment=environment))


def test_a_drill_with_everything_may_run(tmp_path: Path) -> None:
    assert list(refusals(planned("deliver", tmp_path), SUNDAY_NOON)) == []


def test_it_runs_only_with_trust(tmp_path: Path) -> None:
    (said,) = refusals(planned("deliver", tmp_path, trusted=False), SUNDAY_NOON)
    assert said == "drills run only with your trust: prodproof trust, or --trust"


def test_the_target_or_its_environment_must_have_opted_in(tmp_path: Path) -> None:
    closed = replace(STORE, allow=frozenset())
    plan = replace(planned("deliver", tmp_path), target=closed)
    (said,) = refusals(plan, SUNDAY_NOON)
    assert said == 'store:shop did not opt in: allow = ["drills"], there or on its [[environment]]'
    other = frozenset({Permission.CANARY})
    assert list(refusals(replace(plan, target=replace(closed, allow=other)), SUNDAY_NOON))
    opted = replace(plan.declared.environment, allow=frozenset({Permission.DRILLS}))
    assert not list(refusals(replace(plan, declared=replace(plan.declared, environment=opted)), SUNDAY_NOON))


def test_what_cannot_be_undone_must_be_accepted(tmp_path: Path) -> None:
    plan = planned("burn", tmp_path)
    (said,) = refusals(plan, SUNDAY_NOON)
    assert said == "fire cannot be undone; --irreversible says that you accept it"
    assert not list(refusals(plan, SUNDAY_NOON, accepted=True))
    assert not list(refusals(production(plan), SUNDAY_NOON)), "the second person accepts it with the plan"


def test_only_production_needs_a_second_person(tmp_path: Path) -> None:
    plan = planned("deliver", tmp_path)
    assert not needs_approval(plan)
    assert needs_approval(production(plan))


def test_windows_of_another_environment_do_not_count(tmp_path: Path) -> None:
    plan = planned("deliver", tmp_path, maintenance=(NIGHT,))
    (said,) = refusals(plan, SUNDAY_NOON)
    assert said == "outside of the maintenance windows; night opens at 2026-03-01 22:00 UTC"
    elsewhere = replace(NIGHT, environment="production")
    assert not list(refusals(planned("deliver", tmp_path, maintenance=(elsewhere,)), SUNDAY_NOON))


@pytest.mark.parametrize(
    ("now", "seconds", "open_"),
    [
        (at(21, 59), 60, False),
        (at(22), 60, True),
        (at(23, 30), 60, True),
        (at(3, 58, day=2), 120, True),
        (at(3, 59, day=2), 120, False),
        (at(4, 0, day=2), 0, False),
        (at(12), 6 * 3600, False),
        (at(22), 6 * 3600, True),
        (at(22), 6 * 3600 + 1, False),
    ],
)
def test_a_drill_fits_into_an_opening_or_does_not_begin(now: datetime, seconds: float, open_: bool) -> None:
    assert (shut([NIGHT], now, seconds) is None) is open_


def test_no_window_means_always_open() -> None:
    assert shut([], SUNDAY_NOON, 10**9) is None


def test_a_drill_that_is_longer_than_every_window_is_told_so() -> None:
    assert shut([NIGHT], SUNDAY_NOON, 7 * 3600) == "it may take 420 minutes, and no maintenance window is that long"


def test_the_next_opening_is_one_into_which_it_fits() -> None:
    lunch = MaintenanceWindow(name="lunch", start="12:30", end="13:00")
    assert shut([lunch, NIGHT], SUNDAY_NOON, 600) == (
        "outside of the maintenance windows; lunch opens at 2026-03-01 12:30 UTC"
    )
    assert shut([lunch, NIGHT], SUNDAY_NOON, 3600) == (
        "outside of the maintenance windows; night opens at 2026-03-01 22:00 UTC"
    )


def test_days_are_those_on_which_it_opens() -> None:
    monday = replace(NIGHT, days=("mon",))
    assert shut([monday], at(23, day=1), 60) is not None
    assert shut([monday], at(23, day=2), 60) is None
    assert shut([monday], at(3, day=3), 60) is None, "the night from Monday to Tuesday"
    assert shut([monday], at(3, day=2), 60) is not None


def test_clocks_are_those_of_the_time_zone() -> None:
    berlin = MaintenanceWindow(name="night", start="01:00", end="02:00", timezone="Europe/Berlin")
    assert shut([berlin], at(1, 30, zone="Europe/Berlin"), 60) is None
    assert shut([berlin], at(1, 30), 60) is not None


def test_an_opening_on_the_day_when_clocks_change_is_as_long_as_it_is() -> None:
    # In the night to 29 March 2026 clocks in Berlin go from 02:00 to 03:00.
    berlin = MaintenanceWindow(name="night", start="01:00", end="04:00", timezone="Europe/Berlin")
    first = openings([berlin], datetime(2026, 3, 28, 22, 0, tzinfo=UTC))[0]
    assert first == Opening(datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC), "night")


def test_openings_are_listed_in_order_and_end_after_now() -> None:
    found = openings([NIGHT], at(23))
    assert found[0].start == at(22) and all(item.end > at(23) for item in found)
    assert list(found) == sorted(found) and len(found) >= 7
