"""The proof of a restored database of MariaDB or MySQL, step by step."""

import os
from datetime import datetime

from prodproof.drills._proof_postgres import COMPARE, KEYS, TEAM
from prodproof.drills._proof_rows import began
from prodproof.drills._restore_mariadb import copy_of, source_of
from prodproof.drills._restore_server import START
from prodproof.drills._restore_state import Findings
from prodproof.drills._restore_steps import LOSS, backup_loss, drill_began, looking, loss_said, seen
from prodproof.drills.drill import Proven, Scene, Step, Values
from prodproof.facts import Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import ComparedWith, DifferenceKind, MomentBy
from prodproof.reach.compare import mariadb as sides
from prodproof.reach.compare.mariadb import MARGIN, Table
from prodproof.reach.mariadb_scratch.client import Client

SALT_BYTES = 16
_MISSING = {"table": DifferenceKind.MISSING_TABLE, "sequence": DifferenceKind.MISSING_SEQUENCE}


def mariadb_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The steps that look whether the data are right."""
    team = looking(
        TEAM,
        "ask what the team says is always so",
        lambda scene: _team(store, scene),
        lambda scene: seen(scene, f"{len(store.restore.invariants)} invariants"),
        limit,
    )
    return (
        looking(
            COMPARE,
            "compare objects, counts and digests of rows with the source",
            lambda scene: _compare(store, scene),
            lambda scene: seen(scene, "{tables} tables with {rows} rows".format_map(scene.gave[COMPARE])),
            limit,
        ),
        looking(
            KEYS,
            "let CHECK TABLE look at every table, and look for foreign keys that do not hold",
            _check,
            lambda scene: seen(scene, "CHECK TABLE and foreign keys"),
            limit,
        ),
        *((team,) if store.restore.invariants else ()),
        looking(
            LOSS,
            "read to which moment the data came back",
            lambda scene: _loss(store, scene),
            lambda scene: Proven(str(scene.gave[LOSS]["says"])),
            300,
        ),
    )


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    findings, copy = Findings(), copy_of(scene)
    failures = scene.gave[START]["failures"]
    for item in failures if isinstance(failures, list) else ():
        findings.found(DifferenceKind.NOT_LOADED, str(item), "could not be loaded from the dump")
    mine = sides.tables(copy)
    if isinstance(mine, Unseen):
        return mine
    findings.tables = len(mine)
    source, made = source_of(store, scene), began(store, scene)
    theirs = source if isinstance(source, Unseen) else sides.tables(source)
    if isinstance(source, Unseen) or isinstance(theirs, Unseen) or made is None:
        why = theirs.detail if isinstance(theirs, Unseen) else "nothing says when the backup was made"
        findings.unheld.append(f"the source: {why}")
        return _counted(findings, copy, mine)
    if (trouble := _objects(findings, copy, source, theirs, made)) is not None:
        return trouble
    salt = os.urandom(SALT_BYTES)
    for name in sorted(mine.keys() & theirs.keys()):
        if scene.ending():
            findings.uncompared.append(f"{name}: the time was over")
            continue
        if (mine[name].columns, mine[name].key) != (theirs[name].columns, theirs[name].key):
            findings.uncompared.append(f"{name}: its columns or its key differ from the source")
            continue
        found = sides.held(copy, source, mine[name], salt, store.restore.changed_at, made)
        if isinstance(found, Unseen):
            findings.uncompared.append(f"{name}: {found.detail}")
            continue
        _rows(findings, name, found)
    return {**findings.plain(), "with": ComparedWith.SOURCE.value}


def _counted(findings: Findings, copy: Client, mine: dict[str, Table]) -> Values | Unseen:
    for name, table in mine.items():
        rows = sides.counted(copy, table)
        if isinstance(rows, Unseen):
            findings.uncompared.append(f"{name}: {rows.detail}")
            continue
        findings.rows += rows
    return {**findings.plain(), "with": ComparedWith.NOTHING.value}


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
            findings.open(item, "is at the source and not in the copy; nothing says that it is newer than the backup")
    return None


def _rows(findings: Findings, name: str, found: sides.Held) -> None:
    findings.rows += found.rows
    if found.missing and not found.rows:
        says = f"is empty in the copy; {found.missing} rows of the source are older than the backup"
        findings.found(DifferenceKind.EMPTY_TABLE, name, says)
    elif found.missing:
        says = f"{found.missing} rows that are older than the backup are not in the copy"
        findings.found(DifferenceKind.MISSING_ROWS, name, says)
    if found.changed:
        says = f"{found.changed} rows that were not changed since the backup are otherwise in the copy"
        findings.found(DifferenceKind.CHANGED_ROWS, name, says)
    if found.open:
        counts = f"{found.rows} rows in the copy, {found.there} at the source"
        findings.open(name, f"{counts}; nothing says when those that differ were changed")


def _check(scene: Scene) -> Values | Unseen:
    findings, copy = Findings(), copy_of(scene)
    known = sides.tables(copy)
    broken = known if isinstance(known, Unseen) else sides.damaged(copy, sorted(known))
    lost = sides.orphans(copy)
    if isinstance(broken, Unseen):
        return broken
    if isinstance(lost, Unseen):
        return lost
    for name in broken:
        findings.found(DifferenceKind.DAMAGED_PAGE, name, "CHECK TABLE finds it damaged")
    for table, key, count in lost:
        says = f"{count} rows name rows that are not there"
        findings.found(DifferenceKind.BROKEN_KEY, f"constraint {table}.{key}", says)
    return findings.plain()


def _team(store: DataStore, scene: Scene) -> Values:
    findings, copy = Findings(), copy_of(scene)
    for name, query in store.restore.invariants:
        said = sides.invariant(copy, query)
        if isinstance(said, Unseen):
            findings.found(DifferenceKind.INVARIANT, name, f"cannot be asked: {said.detail}")
        elif not said:
            findings.found(DifferenceKind.INVARIANT, name, "is not so in the copy")
    return {**findings.plain(), "asked": len(store.restore.invariants)}


def _loss(store: DataStore, scene: Scene) -> Values | Unseen:
    if store.restore.heartbeat is None:
        return backup_loss(scene)
    moment = sides.newest(copy_of(scene), store.restore.heartbeat)
    if isinstance(moment, Unseen):
        return moment
    by = MomentBy.HEARTBEAT.value
    if moment is None:
        return {"to": "", "by": by, "loss": None, "says": "the heartbeat's table is empty"}
    lost = (drill_began(scene) - moment).total_seconds()
    return {"to": moment.isoformat(), "by": by, "loss": lost, "says": loss_said(scene, "the newest heartbeat", lost)}
