"""The point-in-time drill: a marker is corrupted on purpose, and the database comes back to just before that."""

from collections.abc import Mapping
from datetime import datetime

from prodproof.drills import _marker as marker
from prodproof.drills._restore_server import server_step
from prodproof.drills._restore_state import backups_of, when
from prodproof.drills._restore_steps import CHOOSE, LOGGED, VERIFY, looking, way_back
from prodproof.drills._restore_told import phases
from prodproof.drills.drill import Exercise, Scene, Step, Values, drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.facts.restores import PointInTimeTested

LONGEST = 4 * 3600
SHORTEST = 600
ARCHIVED = 600
"""Seconds in which the log must have come to the archive; more than this is no recovery to a point in time."""

WRITE, CORRUPT, ARCHIVE, LOOK = "write-marker", "corrupt-marker", "wait-for-archive", "look-at-marker"


NO_DATABASES = ("sqlite", "files", "bucket", "redis", "cache", "queue", "search")
"""Kinds of data stores without a log that leads to a moment: a restore drill tells how old their copies are."""


@drill(
    "point-in-time",
    per=DataStore,
    fact=PointInTimeTested,
    about=lambda store, declared: store.kind not in NO_DATABASES,
)
def point_in_time(store: DataStore, declared: Declared) -> Exercise | Unseen:
    """A row of the drill's own is corrupted, and a copy of the database is recovered to the moment just before."""
    if store.kind != "postgres":
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"this version recovers no {store.kind} to a point in time")
    if not any(item.kind in LOGGED for item in backups_of(store, declared)):
        kinds = " or ".join(LOGGED)
        return Unseen(Reason.NOT_DECLARED, f'no [[backup]] of the kind {kinds} says store = "{store.name}"')
    limit = float(max(store.rto or LONGEST, SHORTEST))

    def tell(run: DrillRun, gave: Mapping[str, Values]) -> PointInTimeTested | Unseen:
        return _told(store, declared, run, gave)

    back = tuple(step for step in way_back(store, limit, _target, only_logged=True) if step.name != VERIFY)
    return Exercise(
        steps=(*_damage(store), *back, server_step(store, limit), _look(store)),
        blast_radius=f"a schema of the drill's own ({marker.SCHEMA}) at the source, removed at the end; "
        "one segment of its log is ended early; a folder for the copy",
        objective=float(store.rto) if store.rto else None,
        tell=tell,
    )


def _damage(store: DataStore) -> tuple[Step, ...]:
    return (
        Step(
            name=WRITE,
            says="write a marker and a few more rows, each with its time, into a schema of the drill's own",
            check=lambda scene: marker.written(store, scene),
            do=lambda scene: marker.write(store, scene),
            prove=lambda scene: marker.stands(store, scene),
            undo=lambda scene: marker.remove(store, scene),
            undo_says="remove the schema",
            time_limit=120,
        ),
        Step(
            name=CORRUPT,
            says="corrupt the marker",
            check=lambda scene: marker.corrupted(store, scene),
            do=lambda scene: marker.corrupt(store, scene),
            prove=lambda scene: marker.is_corrupt(store, scene),
            undo=lambda scene: marker.remove(store, scene),
            undo_says="remove the schema",
            time_limit=120,
        ),
        looking(
            ARCHIVE,
            "wait until the log with all of that lies in the archive",
            lambda scene: marker.archived(store, scene, ARCHIVED),
            lambda scene: marker.lag_said(scene.gave[ARCHIVE]),
            ARCHIVED + 60,
        ),
    )


def _look(store: DataStore) -> Step:
    return looking(
        LOOK,
        "look whether the marker is as it was before",
        lambda scene: marker.came_back(store, scene, scene.gave[WRITE], scene.gave[CORRUPT]),
        lambda scene: marker.as_before(scene.gave[LOOK]),
        120,
    )


def _target(scene: Scene) -> datetime:
    return datetime.fromisoformat(str(scene.gave[CORRUPT]["target"]))


def _told(
    store: DataStore, declared: Declared, run: DrillRun, gave: Mapping[str, Values]
) -> PointInTimeTested | Unseen:
    looked, corrupt, archived = gave.get(LOOK), gave.get(CORRUPT, {}), gave.get(ARCHIVE, {})
    if run.outcome is not DrillOutcome.FAILED and looked is None:
        return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
    name = str(gave.get(CHOOSE, {}).get("backup", ""))
    loss, lag = (looked or {}).get("loss"), archived.get("lag")
    timeout = archived.get("timeout")
    return PointInTimeTested(
        backup=name,
        tool=next((item.kind for item in declared.backups if item.name == name), ""),
        failure="" if looked is not None else run.detail,
        phases=phases(run, proof=(WRITE, CORRUPT, ARCHIVE, LOOK)),
        marked=when(gave.get(WRITE, {}).get("at")),
        corrupted=when(corrupt.get("at")),
        target=when(corrupt.get("target")),
        marker_came_back=bool(looked and looked["marker"]),
        corruption_came_back=bool(looked and looked["corruption"]),
        loss=float(loss) if isinstance(loss, int | float) else None,
        wal_lag=float(lag) if isinstance(lag, int | float) else None,
        forced=bool(archived.get("forced")),
        archive_timeout=timeout if isinstance(timeout, int) else None,
        rpo=store.rpo,
        rto=store.rto,
    )
