"""The way back: the newest restore point is chosen, verified, and restored into the scratch."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prodproof.drills import _scratch
from prodproof.drills._restore_here import production_here
from prodproof.drills._restore_state import (
    backup_named,
    backups_of,
    number,
    opened,
    point_of,
    restored_plain,
    store_folder,
    when,
)
from prodproof.drills._scratch import place_of
from prodproof.drills.drill import Done, Plain, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, DataStore
from prodproof.facts.restore_points import Contents, Damaged
from prodproof.facts.restores import MomentBy
from prodproof.reach.backups.backup_store import BackupStore, Restored, RestorePoint
from prodproof.reach.backups.ways import places_of
from prodproof.reach.cut_off import without_network
from prodproof.reach.one_way import only_reaching

CHOOSE, VERIFY, RESTORE = "choose-backup", "verify-backup", "restore"
COMPARE, LOSS = "compare", "measure-loss"
UNPACKED = 8
"""How much larger the data may be than a dump that is packed: it is compressed, and has no indexes."""

COPIED = 2.5
LOG = 128 * 1024 * 1024
"""Bytes for the log that a server writes, or is given to recover from."""

_PERHAPS_AWAY = (Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.INCOMPLETE)
"""Why a store cannot be restored from that only the network leads to."""

LOGGED = ("pgbackrest", "barman")
"""Kinds of backups that keep PostgreSQL's log, which leads to any moment."""

Moment = Callable[[Scene], datetime]
Ask = Callable[[Scene], Values | Unseen]


def damaged(found: Damaged) -> dict[str, Plain]:
    """What a step gives that met a broken backup."""
    return {"damage": found.damage.value, "says": found.says}


def not_damaged(scene: Scene) -> Refuted | None:
    """The end of a drill that met a broken backup."""
    gave = scene.gave[scene.step]
    return Refuted(f"the backup is broken ({gave['damage']}): {gave['says']}") if "damage" in gave else None


def way_back(
    store: DataStore, limit: float, at: Moment | None = None, *, only_logged: bool = False
) -> tuple[Step, ...]:
    """The steps until the files of a backup lie in the scratch.

    Args:
        store: whose newest backup is restored.
        limit: seconds for each of the long steps.
        at: the moment to recover to, once the drill has come there; the backup must have been complete before it.
        only_logged: whether only a backup will do whose log leads to that very moment.
    """
    scratch = store.restore.scratch
    return (
        Step(
            name=CHOOSE,
            says="choose the newest restore point" + (" from before that moment" if at else ""),
            check=_nothing_yet,
            do=lambda scene: choose(store, scene, at(scene) if at else None, only_logged=only_logged),
            prove=lambda scene: Proven(_chosen_said(scene.gave[CHOOSE])),
            changes=False,
            time_limit=300,
        ),
        Step(
            name=_scratch.STEP,
            says="make a private folder with room for the data",
            check=lambda scene: _scratch.check(scene, scratch),
            do=lambda scene: _scratch.make(scene, scratch, number(scene.gave[CHOOSE]["room"])),
            prove=_scratch.prove,
            undo=lambda scene: _scratch.wipe(scene, scratch),
            undo_says="wipe it",
            time_limit=300,
        ),
        Step(
            name=VERIFY,
            says="let the backup's own tool verify it",
            check=_nothing_yet,
            do=_verify,
            prove=lambda scene: not_damaged(scene) or Proven(str(scene.gave[VERIFY]["says"])),
            changes=False,
            time_limit=limit,
        ),
        Step(
            name=RESTORE,
            says="restore its files into the scratch, with the backup's own tool",
            check=_restored,
            do=lambda scene: _restore(store, scene, when(scene.gave[CHOOSE]["moment"])),
            prove=_came_back,
            undo=_remove,
            undo_says="remove the restored files",
            time_limit=limit,
        ),
    )


def files_of(scene: Scene, name: str = "files") -> Path:
    """Where the files are restored to."""
    return place_of(scene) / name


def clear(folder: Path) -> None:
    """Remove a folder of the scratch. Raises StepError."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise StepError(f"{folder} cannot be removed")


def _nothing_yet(scene: Scene) -> Todo:
    return Todo()


def choose(
    store: DataStore, scene: Scene, before: datetime | None, *, only_logged: bool = False
) -> dict[str, Plain] | Unseen:
    """The newest restore point of a store, of all its backups; complete before a moment, if one is given.

    With a moment, a backup that has a log comes first, for it leads to that very moment.

    Raises StepError where there is none.
    """
    newest: tuple[bool, RestorePoint, str] | None = None
    troubles: list[Unseen] = []
    for backup in backups_of(store, scene.declared):
        exact = before is not None and store.kind == "postgres" and backup.kind in LOGGED
        if only_logged and not exact:
            continue
        opening = opened(backup, scene)
        points = opening if isinstance(opening, Unseen) else opening.points(scene.ending)
        if isinstance(points, Unseen):
            troubles.append(points)
            continue
        for point in points:
            late = before is not None and (point.completed is None or point.completed >= before)
            if not late and (newest is None or (exact, _age(point)) > (newest[0], _age(newest[1]))):
                newest = exact, point, backup.name
    if newest is None:
        if troubles:
            return troubles[0]
        raise StepError(f"there is no backup of {store.name}{' from before that moment' if before else ' at all'}")
    exact, point, name = newest
    gave = chosen(point, name)
    if before is not None:
        # Production is taken to be lost at that moment. With a log, whatever was done until then is in the copy.
        gave |= {"looked": before.isoformat(), "asked": True}
        gave |= {"moment": before.isoformat(), "ended": before.isoformat()} if exact else {}
    return gave


def _chosen_said(gave: Values) -> str:
    to = f", and its log to {gave['moment']}" if gave["moment"] else ""
    return f"{gave['backup']}: {gave['point']}{to}"


def chosen(point: RestorePoint, backup: str) -> dict[str, Plain]:
    """A restore point as later steps read it."""
    packed = point.contents in (Contents.DUMP, Contents.MYSQL_DUMP) or bool(point.form)
    made = point.started or point.completed
    return {
        "backup": backup,
        "point": point.id,
        "made": made.isoformat() if made else "",
        "began": point.started.isoformat() if point.started else "",
        "ended": point.completed.isoformat() if point.completed else "",
        "room": int(point.restored_size or (point.size or 0) * (UNPACKED if packed else COPIED)) + LOG,
        "where": point.where,
        "looked": datetime.now(UTC).isoformat(),
        "asked": False,
        "moment": "",
    }


def _age(point: RestorePoint) -> float:
    made = point.started or point.completed
    return made.timestamp() if made else 0.0


@dataclass(frozen=True)
class Asked:
    """A restore point that was chosen, found again."""

    backup: Backup
    store: BackupStore
    point: RestorePoint


def asked_for(chosen: Values, scene: Scene, tool: str = "tool") -> Asked | Unseen:
    """What an earlier step chose.

    Args:
        chosen: what `choose` gave.
        scene: of the step.
        tool: the name of the folder that the backup's tool may use.
    """
    backup = backup_named(chosen["backup"], scene.declared)
    if isinstance(backup, Unseen):
        return backup
    store = opened(backup, scene, store_folder(scene, tool))
    if isinstance(store, Unseen):
        return store
    point = point_of(store, chosen["point"], scene)
    return point if isinstance(point, Unseen) else Asked(backup, store, point)


def _verify(scene: Scene) -> Values | Unseen:
    asked = asked_for(scene.gave[CHOOSE], scene)
    if isinstance(asked, Unseen):
        return asked
    said = asked.store.verify(asked.point, deep=True, ending=scene.ending)
    match said:
        case Unseen(Reason.NOT_VERIFIABLE_YET, detail):
            return {"says": f"nothing verifies it: {detail}"}
        case Unseen():
            return said
        case Damaged():
            return damaged(said)
    return {"says": said.says}


def _restore(of: DataStore, scene: Scene, at: datetime | None) -> Values | Unseen:
    asked = asked_for(scene.gave[CHOOSE], scene)
    gave = asked if isinstance(asked, Unseen) else restored_apart(asked, scene, files_of(scene), at)
    if isinstance(gave, Unseen) or "damage" in gave:
        return gave
    gave["production_here"] = production_here(of, scene)
    _marker(scene).write_text(json.dumps(gave))
    return gave


def restored_apart(asked: Asked, scene: Scene, into: Path, at: datetime | None = None) -> dict[str, Plain] | Unseen:
    """Restore as it would be if production and all else were gone: of the network, the store of the backups is left.

    Args:
        asked: what is restored.
        scene: of the step.
        into: a folder, which is emptied before.
        at: the moment to recover to.

    Returns:
        What came back or is damaged, and how far it was cut off (`no_network`, `only_reached`).
    """

    def restored() -> Restored | Damaged | Unseen:
        return asked.store.restore(asked.point, _scratch.empty(into), at=at, ending=scene.ending)

    places = places_of(asked.backup, Path(scene.declared.root or "."))
    try:
        if places:
            done, alone = only_reaching(places, scene.world.settings, restored), False
        else:
            done, alone = without_network(restored)
        if done is None or ((places or alone) and _perhaps_away(done)):
            done, alone, places = restored(), False, ()
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the scratch cannot be written: {error.strerror}")
    match done:
        case Unseen():
            return done
        case Damaged():
            return damaged(done)
    return {**restored_plain(done), "no_network": alone, "only_reached": [str(place) for place in places]}


def _perhaps_away(done: Restored | Damaged | Unseen) -> bool:
    return isinstance(done, Unseen) and done.why in _PERHAPS_AWAY


def _restored(scene: Scene) -> Todo | Done:
    # Without its marker a restore was cut off and begins anew.
    try:
        return Done(json.loads(_marker(scene).read_text()))
    except FileNotFoundError:
        return Todo()


def _remove(scene: Scene) -> None:
    _marker(scene).unlink(missing_ok=True)
    clear(files_of(scene))


def _marker(scene: Scene) -> Path:
    return place_of(scene) / "restored.json"


def _came_back(scene: Scene) -> Proven | Refuted:
    if broken := not_damaged(scene):
        return broken
    gave = scene.gave[RESTORE]
    if not files_of(scene).is_dir():
        return Refuted("the restored files are not there")
    size = when_size(number(gave["bytes"]))
    return Proven(f"{size} in {number(gave['files'])} files")


def when_size(size: int) -> str:
    """A size for people."""
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.1f} MB"


def seen(scene: Scene, what: str) -> Proven:
    """What a step of the proof saw. A damage ends the drill only after all that can be seen was seen."""
    differences = scene.gave[scene.step]["differences"]
    assert isinstance(differences, list)
    if not differences:
        return Proven(f"{what}: no damage")
    first = differences[0]
    assert isinstance(first, list)
    return Proven(f"{what}: {len(differences)} damages; {first[1]} {first[2]}"[:200])


def compare_step(says: str, compare: Ask, limit: float) -> Step:
    """The step that holds the tables of a copy against what was backed up."""
    return looking(
        COMPARE,
        says,
        compare,
        lambda scene: seen(scene, "{tables} tables with {rows} rows".format_map(scene.gave[COMPARE])),
        limit,
    )


def loss_step(measure: Ask | None = None, limit: float = 60) -> Step:
    """The step that says how old the data are: by the backup's own word, unless something tells it better."""
    return looking(
        LOSS,
        "read to which moment the data came back",
        measure or backup_loss,
        lambda scene: Proven(str(scene.gave[LOSS]["says"])),
        limit,
    )


def heartbeat_loss(scene: Scene, newest: datetime | None) -> dict[str, Plain]:
    """How old the data are by the newest heartbeat in the copy; None: there is none."""
    by = MomentBy.HEARTBEAT.value
    if newest is None:
        return {"to": "", "by": by, "loss": None, "says": "the heartbeat's table is empty"}
    # What was written since the drill began may have come back, too.
    lost = max(0.0, (drill_began(scene) - newest).total_seconds())
    return {"to": newest.isoformat(), "by": by, "loss": lost, "says": loss_said(scene, "the newest heartbeat", lost)}


def backup_loss(scene: Scene) -> dict[str, Plain]:
    """How old the data are by the backup's own word."""
    made = str(scene.gave[CHOOSE]["began"] or scene.gave[CHOOSE]["made"])
    lost = (drill_began(scene) - datetime.fromisoformat(made)).total_seconds() if made else None
    says = "by the backup's own word; no heartbeat says to which moment the data really came back"
    return {"to": made, "by": MomentBy.BACKUP.value, "loss": lost, "says": says}


def drill_began(scene: Scene) -> datetime:
    """The moment at which production is taken to be lost: that the drill was asked for, or looked for backups at."""
    return datetime.fromisoformat(str(scene.gave[CHOOSE]["looked"]))


def loss_said(scene: Scene, newest: str, seconds: float) -> str:
    """How old the data are, in words."""
    asked = scene.gave[CHOOSE]["asked"]
    return f"{newest} is {seconds:.0f} s older than {'that moment' if asked else 'the beginning of the drill'}"


def looking(name: str, says: str, do: Ask, prove: Callable[[Scene], Proven | Refuted], limit: float) -> Step:
    """A step that only looks."""
    return Step(name=name, says=says, check=_nothing_yet, do=do, prove=prove, changes=False, time_limit=limit)
