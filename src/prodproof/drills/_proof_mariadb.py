"""The proof of a restored database of MariaDB or MySQL, step by step."""

import os
from datetime import datetime

from prodproof.drills._proof_postgres import KEYS
from prodproof.drills._proof_rows import began
from prodproof.drills._proof_team import Answer, team_steps
from prodproof.drills._restore_mariadb import copy_of, source_of
from prodproof.drills._restore_server import not_loaded
from prodproof.drills._restore_state import Findings
from prodproof.drills._restore_steps import backup_loss, compare_step, heartbeat_loss, looking, loss_step, seen
from prodproof.drills.drill import Scene, Step, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import ComparedWith, DifferenceKind
from prodproof.reach.compare import mariadb as sides
from prodproof.reach.compare.mariadb import Table
from prodproof.reach.compare.moments import MARGIN
from prodproof.reach.mariadb_scratch.client import Client

SALT_BYTES = 16
_MISSING = {"table": DifferenceKind.MISSING_TABLE, "sequence": DifferenceKind.MISSING_SEQUENCE}


def mariadb_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The steps that look whether the data are right."""
    return (
        compare_step(
            "compare objects, counts and digests of rows with the source", lambda scene: _compare(store, scene), limit
        ),
        looking(
            KEYS,
            "let CHECK TABLE look at every table, and look for foreign keys that do not hold",
            _check,
            lambda scene: seen(scene, "CHECK TABLE and foreign keys"),
            limit,
        ),
        *team_steps(store, _invariants, limit),
        loss_step(lambda scene: _loss(store, scene), 300),
    )


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    findings, copy = Findings(), copy_of(scene)
    not_loaded(findings, scene)
    mine = sides.tables(copy)
    if isinstance(mine, Unseen):
        return mine
    findings.tables = len(mine)
    source, made = source_of(store, scene), began(store, scene)
    theirs = source if isinstance(source, Unseen) else sides.tables(source)
    if isinstance(source, Unseen) or isinstance(theirs, Unseen) or made is None:
        why = theirs.detail if isinstance(theirs, Unseen) else "nothing says when the backup was made"
        findings.unheld.append(f"the source: {why}")
        for table in mine.values():
            _count(findings, copy, table)
        return {**findings.plain(), "with": ComparedWith.NOTHING.value}
    if (trouble := _objects(findings, copy, source, theirs, made)) is not None:
        return trouble
    salt, told = os.urandom(SALT_BYTES), 0
    for name, table in sorted(mine.items()):
        if scene.ending():
            if not findings.differences:
                return Unseen(Reason.TIMED_OUT, "not all tables could be read in time")
            findings.uncompared.append(f"{name}: the time was over")
            continue
        there = theirs.get(name)
        if there is None:
            _count(findings, copy, table)
            continue
        if (table.columns, table.key) != (there.columns, there.key):
            findings.uncompared.append(f"{name}: its columns or its key differ from the source")
            _count(findings, copy, table)
            continue
        found = sides.held(copy, source, table, salt, store.restore.changed_at, made)
        if isinstance(found, Unseen):
            findings.uncompared.append(f"{name}: {found.detail}")
            _count(findings, copy, table)
            continue
        told += found.there
        findings.rows += found.rows
        findings.lost(name, found.rows, found.missing, found.changed)
        if found.open:
            findings.moved(name, found.rows, found.there)
    how = findings.held_to_source(told)
    return {**findings.plain(), "with": how.value}


def _count(findings: Findings, copy: Client, table: Table) -> None:
    """The rows of a table that is held against nothing."""
    rows = sides.counted(copy, table)
    if isinstance(rows, Unseen):
        findings.uncompared.append(f"{table.name}: {rows.detail}")
    else:
        findings.rows += rows


def _objects(
    findings: Findings, copy: Client, source: Client, theirs: dict[str, Table], made: datetime
) -> Unseen | None:
    here, there = sides.objects(copy), sides.objects(source)
    if isinstance(here, Unseen):
        return here
    if isinstance(there, Unseen):
        findings.uncompared.append(f"the source's objects: {there.detail}")
        return None
    # One that the source has no more may have been renamed since.
    renamed = {item.partition(" ")[0] for item in here - there}
    for item in sorted(there - here):
        kind, _, name = item.partition(" ")
        table = theirs.get(name) if kind == "table" else None
        older = table is not None and table.created is not None and table.created < made - MARGIN
        if older and kind not in renamed:
            says = "is not in the copy, and was made at the source before the backup"
            findings.found(_MISSING.get(kind, DifferenceKind.MISSING_OBJECT), item, says)
        else:
            says = "is at the source and not in the copy; nothing says that it is newer than the backup"
            findings.open(item, says, DifferenceKind.MISSING_TABLE if item.startswith("table ") else None)
    return None


def _check(scene: Scene) -> Values | Unseen:
    findings, copy = Findings(), copy_of(scene)
    known = sides.tables(copy)
    broken = known if isinstance(known, Unseen) else sides.damaged(copy, sorted(known))
    if isinstance(broken, Unseen):
        return broken
    for name in broken:
        findings.found(DifferenceKind.DAMAGED_PAGE, name, "CHECK TABLE finds it damaged")
    lost = sides.orphans(copy)
    if isinstance(lost, Unseen):
        # A damaged table may not let itself be read; what was found before is not forgotten for that.
        findings.uncompared.append(f"foreign keys: {lost.detail}")
        return findings.plain()
    for table, key, count in lost:
        says = f"{count} rows name rows that are not there"
        findings.found(DifferenceKind.BROKEN_KEY, f"constraint {table}.{key}", says)
    return findings.plain()


def _invariants(scene: Scene, queries: list[str]) -> list[Answer]:
    return [sides.invariant(copy_of(scene), query) for query in queries]


def _loss(store: DataStore, scene: Scene) -> Values | Unseen:
    if store.restore.heartbeat is None:
        return backup_loss(scene)
    moment = sides.newest(copy_of(scene), store.restore.heartbeat)
    return moment if isinstance(moment, Unseen) else heartbeat_loss(scene, moment)
