"""Keeps digests of a database, so that a later restore drill knows what a backup must hold."""

from pathlib import Path

import psycopg

from prodproof.drills._restore_state import opened_dsn
from prodproof.drills.drill import Exercise, Proven, Refuted, Scene, Step, Todo, Values, drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.reach.compare.link import Link, meaning
from prodproof.reach.compare.portrait import SUFFIX, references, take, write
from prodproof.reach.compare.rows import Digests, tables

LONGEST = 3600.0
TAKE = "take-digests"


@drill("reference", per=DataStore)
def reference(store: DataStore, declared: Declared) -> Exercise | Unseen:
    """Keyed digests of a database are kept: before and after each backup, so that a restore is held against them."""
    if store.kind != "postgres":
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"this version keeps no references of the kind {store.kind}")
    if store.restore.references is None:
        return Unseen(Reason.NOT_DECLARED, f"{store.name} declares no folder of references")
    folder = Path(declared.root or ".") / store.restore.references
    step = Step(
        name=TAKE,
        says=f"read every table of {store.name} once, and keep its number of rows and a keyed digest",
        check=lambda scene: Todo(),
        do=lambda scene: _take(store, folder, scene),
        prove=lambda scene: _kept(folder, scene),
        undo=lambda scene: _forget(folder, scene),
        undo_says="remove the file",
        lasting=True,
        time_limit=LONGEST,
    )
    return Exercise(steps=(step,), blast_radius="every table of the source is read once; one file is written")


def _take(store: DataStore, folder: Path, scene: Scene) -> Values | Unseen:
    key = scene.world.settings.fingerprint_key
    if not key:
        return Unseen(Reason.NOT_CONFIGURED, "there is no key of the system, under which digests are made")
    dsn = opened_dsn(store, scene)
    link = dsn if isinstance(dsn, Unseen) else Link.open(dsn.reveal())
    if isinstance(link, Unseen):
        return link
    with link:
        try:
            found = tables(link, full=store.restore.full)
        except psycopg.Error as error:
            return meaning(error)
        portrait = take(link, Digests(key), found, scene.ending)
    if isinstance(portrait, Unseen):
        return portrait
    if portrait.unread:
        name, why = next(iter(portrait.unread.items()))
        return Unseen(Reason.INCOMPLETE, f"{name}: {why}")
    try:
        path = write(folder, portrait, key)
    except OSError as error:
        return Unseen(Reason.DENIED, f"{folder} cannot be written: {error.strerror}")
    return {"file": path.name, "tables": len(portrait.looks), "taken": portrait.taken.isoformat()}


def _kept(folder: Path, scene: Scene) -> Proven | Refuted:
    gave = scene.gave[TAKE]
    known = references(folder, scene.world.settings.fingerprint_key)
    if not any(item.taken.isoformat() == gave["taken"] for item in known):
        return Refuted("the reference cannot be read again")
    return Proven(f"{gave['tables']} tables, in {gave['file']}")


def _forget(folder: Path, scene: Scene) -> None:
    name = str(scene.gave.get(TAKE, {}).get("file", ""))
    if name.endswith(SUFFIX):
        (folder / name).unlink(missing_ok=True)
