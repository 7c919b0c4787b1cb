"""Whether a restored PostgreSQL database is what was backed up: objects and rows, against a reference or the source."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from prodproof.drills._restore_state import Findings, opened_dsn, when
from prodproof.drills._restore_steps import CHOOSE
from prodproof.drills.drill import Scene
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import ComparedWith, DifferenceKind
from prodproof.reach.compare import source as moved
from prodproof.reach.compare.link import Link, meaning
from prodproof.reach.compare.portrait import Portrait, around, references, take
from prodproof.reach.compare.rows import MAX_TABLES, Digests, Look, Table, tables, unlogged
from prodproof.reach.postgres_scratch.cluster import ScratchCluster

RECOVERY = 60.0
"""Seconds in which the scratch server must be there again after it broke down."""

_MISSING = {
    "table": DifferenceKind.MISSING_TABLE,
    "sequence": DifferenceKind.MISSING_SEQUENCE,
}
_PARTS = ("column", "constraint", "index", "trigger", "policy")


def compared(
    store: DataStore, scene: Scene, cluster: ScratchCluster, database: str
) -> tuple[Findings, ComparedWith] | Unseen:
    """Hold the copy against what was backed up.

    First against references that were taken before and after the backup was made, where there are some; what they
    do not say, against the source, which may have moved on.
    """
    findings = Findings()
    key = scene.world.settings.fingerprint_key
    expected = _reference(store, scene, key)
    copy = opened_copy(cluster, database)
    if isinstance(copy, Unseen):
        return copy
    with copy:
        there = _source(store, scene) if expected is None or expected.unread else None
        return _compared(store, scene, findings, copy, expected, there, Digests(key or os.urandom(32)))


def opened_copy(cluster: ScratchCluster, database: str) -> Link | Unseen:
    """A connection to the copy, once its server is there again where damaged data have broken it down."""
    deadline = time.monotonic() + RECOVERY
    while isinstance(link := Link.open(cluster.dsn(database)), Unseen):
        if time.monotonic() > deadline or not cluster.pids:
            return link
        time.sleep(0.1)
    return link


def _compared(
    store: DataStore,
    scene: Scene,
    findings: Findings,
    copy: Link,
    expected: Portrait | None,
    there: Link | Unseen | None,
    digests: Digests,
) -> tuple[Findings, ComparedWith] | Unseen:
    try:
        known = tables(copy, full=store.restore.full)
        findings.unlogged = unlogged(copy)
        if findings.unlogged and not known:
            return Unseen(Reason.INCOMPLETE, "all its tables are unlogged: a restore may bring back none of their rows")
        if len(known) >= MAX_TABLES:
            findings.uncompared.append(f"more than {MAX_TABLES} tables")
        how = {name: _as(expected.looks.get(name) if expected else None, table) for name, table in known.items()}
        seen = _both(copy, there, digests, how, scene.ending)
        if isinstance(seen, Unseen):
            return seen
        mine, theirs = seen
        for name in mine.damaged:
            findings.found(DifferenceKind.DAMAGED_PAGE, f"table {name}", "the server cannot read its rows")
        findings.uncompared += [f"{name}: {why}" for name, why in mine.unread.items() if name not in mine.damaged]
        findings.tables = len(mine.looks)
        findings.rows = sum(look.rows for look in mine.looks.values())
        findings.sampled = sorted(name for name, look in mine.looks.items() if look.one_in > 1)
        if expected is not None:
            _objects(findings, expected, mine, exact=True)
            _exact_rows(findings, expected, mine)
        if mine.damaged and not copy.alive:
            return findings, ComparedWith.REFERENCE if expected else ComparedWith.NOTHING
        if theirs is None or isinstance(theirs, Unseen) or not isinstance(there, Link):
            why = theirs if isinstance(theirs, Unseen) else there
            if isinstance(why, Unseen):
                findings.unheld.append(f"the source: {why.detail}")
                findings.unheld += [f"{name}: {text}" for name, text in (expected.unread if expected else {}).items()]
            return findings, ComparedWith.REFERENCE if expected else ComparedWith.NOTHING
        made = began(store, scene)
        if expected is None:
            _objects(findings, theirs, mine, exact=moved.schema_stood_still(there, made))
        settled = frozenset(expected.looks) if expected else frozenset()
        names = {name: table for name, table in how.items() if name not in settled}
        _moved_rows(findings, store, made, _Sides(there, copy, digests), names, theirs, mine)
        if expected is not None:
            return findings, ComparedWith.REFERENCE
        both = mine.looks.keys() & theirs.looks.keys()
        return findings, findings.held_to_source(sum(theirs.looks[name].rows for name in both))
    except psycopg.Error as error:
        return meaning(error)
    finally:
        if isinstance(there, Link):
            there.__exit__()


def began(store: DataStore, scene: Scene) -> datetime | None:
    """When the making of the backup began, or before; files only say when they were written last."""
    first, ended = when(scene.gave[CHOOSE]["began"]), when(scene.gave[CHOOSE]["ended"])
    return first or (ended - timedelta(seconds=store.restore.takes_at_most) if ended else None)


class _Sides:
    def __init__(self, there: Link, copy: Link, digests: Digests) -> None:
        self.there, self.copy, self.digests = there, copy, digests


def _reference(store: DataStore, scene: Scene, key: bytes) -> Portrait | None:
    """What surely was so while the backup was made."""
    first, ended = began(store, scene), when(scene.gave[CHOOSE]["ended"])
    if store.restore.references is None or not key or first is None or ended is None:
        return None
    folder = Path(scene.declared.root or ".") / store.restore.references
    return around(references(folder, key), first, ended)


def _source(store: DataStore, scene: Scene) -> Link | Unseen:
    dsn = opened_dsn(store, scene)
    return dsn if isinstance(dsn, Unseen) else Link.open(dsn.reveal())


def _as(look: Look | None, table: Table) -> Table:
    """A table, looked at as the reference did."""
    return table if look is None or look.columns != table.columns else replace(table, one_in=look.one_in)


def _both(
    copy: Link, there: Link | Unseen | None, digests: Digests, how: dict[str, Table], ending: Callable[[], bool]
) -> tuple[Portrait, Portrait | Unseen | None] | Unseen:
    """Both sides at once."""
    with ThreadPoolExecutor(1) as beside:
        theirs = beside.submit(_theirs, there, digests, how, ending) if isinstance(there, Link) else None
        mine = take(copy, digests, how, ending, ours=True)
        other = theirs.result() if theirs else None
    return mine if isinstance(mine, Unseen) else (mine, other)


def _theirs(there: Link, digests: Digests, how: dict[str, Table], ending: Callable[[], bool]) -> Portrait | Unseen:
    try:
        own = tables(there)
    except psycopg.Error as error:
        return meaning(error)
    # The copy says how its tables are looked at; of those that it lacks, it is enough that they are there.
    same = {name: how.get(name, table) for name, table in own.items() if name not in how or _alike(how[name], table)}
    return take(there, digests, same, ending)


def _alike(one: Table, other: Table) -> bool:
    return one.columns == other.columns and one.key == other.key


def _objects(findings: Findings, expected: Portrait, mine: Portrait, *, exact: bool) -> None:
    lost = expected.objects.keys() - mine.objects.keys()
    older = _older(expected, mine)
    for item in sorted(lost):
        kind, _, name = item.partition(" ")
        if kind in _PARTS and f"table {name.rpartition('.')[0]}" in lost:
            continue
        missing = _MISSING.get(kind, DifferenceKind.MISSING_OBJECT)
        if exact:
            findings.found(missing, item, "is not in the copy")
        elif item in older:
            findings.found(missing, item, "is not in the copy, and was made at the source before tables that are in it")
        else:
            findings.open(
                item, "is at the source and not in the copy; nothing says that it is newer than the backup", missing
            )
    for item in sorted(expected.objects.keys() & mine.objects.keys()):
        if expected.objects[item] == mine.objects[item]:
            continue
        if exact:
            findings.found(DifferenceKind.CHANGED_OBJECT, item, "is defined otherwise in the copy")
        else:
            findings.open(item, "is defined otherwise at the source; nothing says that it was altered since the backup")


def _older(theirs: Portrait, mine: Portrait) -> set[str]:
    """Objects of the source that were surely there when the backup was made, by their ids.

    Tables whose rows are the same in the copy were there. What has a lower id than one of them was made before it: a
    server gives its ids out in turns. Renaming keeps the id, so where the copy has an object of that kind under a name
    that is gone from the source, nothing is sure.
    """
    same = [name for name, look in mine.looks.items() if look.rows and theirs.looks.get(name) == look]
    there = [theirs.ids.get(f"table {name}", 0) for name in same]
    renamed = {item.partition(" ")[0] for item in mine.objects.keys() - theirs.objects.keys()}
    last = max(there, default=0)
    return {item for item, number in theirs.ids.items() if 0 < number < last and item.partition(" ")[0] not in renamed}


def _exact_rows(findings: Findings, expected: Portrait, mine: Portrait) -> None:
    for name, look in sorted(expected.looks.items()):
        found = mine.looks.get(name)
        if found is None or found == look:
            continue
        if found.columns != look.columns:
            findings.uncompared.append(f"{name}: its columns differ")
        elif found.rows == 0:
            findings.found(DifferenceKind.EMPTY_TABLE, name, f"is empty in the copy, and had {look.rows} rows")
        elif found.rows < look.rows:
            says = f"has {found.rows} rows in the copy, and had {look.rows}"
            findings.found(DifferenceKind.MISSING_ROWS, name, says)
        elif found.rows > look.rows:
            says = f"has {found.rows} rows in the copy, and had {look.rows}"
            findings.found(DifferenceKind.EXTRA_ROWS, name, says)
        else:
            findings.found(DifferenceKind.CHANGED_ROWS, name, "has as many rows as it had, and not the same ones")


def _moved_rows(
    findings: Findings,
    store: DataStore,
    made: datetime | None,
    sides: _Sides,
    how: dict[str, Table],
    theirs: Portrait,
    mine: Portrait,
) -> None:
    """Tables that may have changed at the source since the backup was made."""
    findings.uncompared += [f"{name}: at the source, {why}" for name, why in theirs.unread.items() if name in how]
    for name, table in sorted(how.items()):
        there, here = theirs.looks.get(name), mine.looks.get(name)
        if here is None or there == here or name in theirs.unread:
            continue
        if there is None:
            if f"table {name}" in theirs.objects:
                findings.uncompared.append(f"{name}: its columns or its key differ from the source")
            continue
        counts = f"{here.rows} rows in the copy, {there.rows} at the source"
        if not table.key:
            says = f"{counts}; without a primary key nobody can say which are older than the backup"
            findings.open(name, says, None if here.rows else DifferenceKind.EMPTY_TABLE)
            continue
        settled = moved.settled(sides.there, table, store.restore.changed_at, made)
        explained = moved.explain(sides.there, sides.copy, sides.digests, table, settled)
        if isinstance(explained, Unseen):
            findings.uncompared.append(f"{name}: {explained.detail}")
            continue
        part = f" (of one row in {table.one_in})" if table.one_in > 1 else ""
        findings.lost(name, here.rows, explained.missing, explained.changed, part)
        if explained.open:
            findings.moved(name, here.rows, there.rows, f"{explained.open} of them differ{part}")
