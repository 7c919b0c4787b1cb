"""The way back: the newest restore point is chosen, verified, and restored into the scratch."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from prodproof.drills import _scratch
from prodproof.drills._restore_state import (
    backup_named,
    backups_of,
    number,
    opened,
    point_of,
    restored_plain,
    store_folder,
)
from prodproof.drills._scratch import place_of
from prodproof.drills.drill import Done, Plain, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents, Damaged
from prodproof.facts.restores import MomentBy
from prodproof.reach.backups.backup_store import BackupStore, Restored, RestorePoint
from prodproof.reach.cut_off import without_network

CHOOSE, VERIFY, RESTORE, LOSS = "choose-backup", "verify-backup", "restore", "measure-loss"
UNPACKED = 8
"""How much larger the data may be than a dump that is packed: it is compressed, and has no indexes."""

COPIED = 2.5
LOG = 128 * 1024 * 1024
"""Bytes for the log that a server writes, or is given to recover from."""

_PERHAPS_AWAY = (Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.INCOMPLETE)
"""Why a store cannot be restored from that only the network leads to."""

Moment = Callable[[Scene], datetime]


def damaged(found: Damaged) -> dict[str, Plain]:
    """What a step gives that met a broken backup."""
    return {"damage": found.damage.value, "says": found.says}


def not_damaged(scene: Scene) -> Refuted | None:
    """The end of a drill that met a broken backup."""
    gave = scene.gave[scene.step]
    return Refuted(f"the backup is broken ({gave['damage']}): {gave['says']}") if "damage" in gave else None


def way_back(store: DataStore, limit: float, at: Moment | None = None) -> tuple[Step, ...]:
    """The steps until the files of a backup lie in the scratch.

    Args:
        store: whose newest backup is restored.
        limit: seconds for each of the long steps.
        at: the moment to recover to, once the drill has come there; the backup must have been complete before it.
    """
    scratch = store.restore.scratch
    return (
        Step(
            name=CHOOSE,
            says="choose the newest restore point",
            check=_nothing_yet,
            do=lambda scene: choose(store, scene, at(scene) if at else None),
            prove=lambda scene: Proven(f"{scene.gave[CHOOSE]['backup']}: {scene.gave[CHOOSE]['point']}"),
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
            do=lambda scene: _restore(scene, at(scene) if at else None),
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


def choose(store: DataStore, scene: Scene, before: datetime | None) -> dict[str, Plain] | Unseen:
    """The newest restore point of a store, of all its backups; complete before a moment, if one is given.

    Raises StepError where there is none.
    """
    newest: tuple[RestorePoint, str] | None = None
    troubles: list[Unseen] = []
    for backup in backups_of(store, scene.declared):
        opening = opened(backup, scene)
        points = opening if isinstance(opening, Unseen) else opening.points(scene.ending)
        if isinstance(points, Unseen):
            troubles.append(points)
            continue
        for point in points:
            late = before is not None and (point.completed is None or point.completed >= before)
            if not late and (newest is None or _age(point) > _age(newest[0])):
                newest = point, backup.name
    if newest is None:
        if troubles:
            return troubles[0]
        raise StepError(f"there is no backup of {store.name}{' from before that moment' if before else ' at all'}")
    return chosen(newest[0], newest[1])


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
    }


def _age(point: RestorePoint) -> float:
    made = point.started or point.completed
    return made.timestamp() if made else 0.0


def _asked(scene: Scene) -> tuple[BackupStore, RestorePoint] | Unseen:
    backup = backup_named(scene.gave[CHOOSE]["backup"], scene.declared)
    store = backup if isinstance(backup, Unseen) else opened(backup, scene, store_folder(scene))
    if isinstance(store, Unseen):
        return store
    point = point_of(store, scene.gave[CHOOSE]["point"], scene)
    return point if isinstance(point, Unseen) else (store, point)


def _verify(scene: Scene) -> Values | Unseen:
    asked = _asked(scene)
    if isinstance(asked, Unseen):
        return asked
    said = asked[0].verify(asked[1], deep=True, ending=scene.ending)
    match said:
        case Unseen(Reason.NOT_VERIFIABLE_YET, detail):
            return {"says": f"nothing verifies it: {detail}"}
        case Unseen():
            return said
        case Damaged():
            return damaged(said)
    return {"says": said.says}


def _restore(scene: Scene, at: datetime | None) -> Values | Unseen:
    asked = _asked(scene)
    if isinstance(asked, Unseen):
        return asked
    store, point = asked

    def restored() -> Restored | Damaged | Unseen:
        return store.restore(point, _scratch.empty(files_of(scene)), at=at, ending=scene.ending)

    try:
        # First as it would be if production and all else were gone; a store that is elsewhere needs the network.
        done, alone = without_network(restored)
        if alone and isinstance(done, Unseen) and done.why in _PERHAPS_AWAY:
            done, alone = restored(), False
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the scratch cannot be written: {error.strerror}")
    match done:
        case Unseen():
            return done
        case Damaged():
            return damaged(done)
    gave = {**restored_plain(done), "no_network": alone}
    _marker(scene).write_text(json.dumps(gave))
    return gave


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


def backup_loss(scene: Scene) -> dict[str, Plain]:
    """How old the data are by the backup's own word."""
    made = str(scene.gave[CHOOSE]["began"] or scene.gave[CHOOSE]["made"])
    lost = (drill_began(scene) - datetime.fromisoformat(made)).total_seconds() if made else None
    says = "by the backup's own word; no heartbeat says to which moment the data really came back"
    return {"to": made, "by": MomentBy.BACKUP.value, "loss": lost, "says": says}


def drill_began(scene: Scene) -> datetime:
    """When the drill looked for backups: the moment at which production is taken to be lost."""
    return datetime.fromisoformat(str(scene.gave[CHOOSE]["looked"]))


Ask = Callable[[Scene], Values | Unseen]


def looking(name: str, says: str, do: Ask, prove: Callable[[Scene], Proven | Refuted], limit: float) -> Step:
    """A step that only looks."""
    return Step(name=name, says=says, check=_nothing_yet, do=do, prove=prove, changes=False, time_limit=limit)
