"""The proof of a restored SQLite database."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from prodproof.drills._proof_rows import began
from prodproof.drills._restore_state import Findings, piece_of
from prodproof.drills._restore_steps import RESTORE, compare_step, loss_step
from prodproof.drills.drill import Scene, Step, StepError, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents
from prodproof.facts.restores import ComparedWith, DifferenceKind
from prodproof.reach.compare.sqlite import Database, held, opened


def sqlite_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """Its own checks, and its tables against the source."""
    says = "let SQLite check it, and compare its tables with the source"
    return (compare_step(says, lambda scene: _compare(store, scene), limit), loss_step())


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    piece = piece_of(scene.gave[RESTORE], Contents.SQLITE)
    if piece is None:
        raise StepError("what came back holds no database of SQLite")
    copy = opened(piece.where, ours=True, ending=scene.ending)
    if isinstance(copy, Unseen):
        raise StepError(copy.detail)
    findings = Findings()
    with copy:
        how = _held(store, scene, findings, copy)
    return how if isinstance(how, Unseen) else {**findings.plain(), "with": how.value}


def _held(store: DataStore, scene: Scene, findings: Findings, copy: Database) -> ComparedWith | Unseen:
    try:
        for trouble in copy.troubles():
            kind = DifferenceKind.BROKEN_KEY if "name rows" in trouble else DifferenceKind.DAMAGED_PAGE
            findings.found(kind, "database", trouble)
        for name in copy.behind():
            findings.found(DifferenceKind.SEQUENCE_BEHIND, name, "its counter is behind its rows")
        known = copy.tables()
        findings.tables = len(known)
        findings.rows = sum(1 for name in known for _ in copy.rows(name, copy.columns(name)[0][:1]))
    except sqlite3.Error:
        if scene.ending():
            return Unseen(Reason.TIMED_OUT, "it could not be checked in time")
        findings.found(DifferenceKind.DAMAGED_PAGE, "database", "SQLite cannot read it")
        return ComparedWith.NOTHING
    made = began(store, scene)
    if store.restore.source is None or made is None:
        findings.uncompared.append("the source: it is not declared where the file lies there")
        return ComparedWith.NOTHING
    source = opened(Path(scene.declared.root or ".") / store.restore.source, ours=False, ending=scene.ending)
    if isinstance(source, Unseen):
        findings.uncompared.append(f"the source: {source.detail}")
        return ComparedWith.NOTHING
    told = 0
    with source:
        try:
            _objects(findings, copy, source)
            key, there = scene.world.settings.fingerprint_key or os.urandom(32), source.tables()
            for name in known:
                if name in there:
                    told += _table(findings, copy, source, name, key, store, made)
        except sqlite3.Error:
            if scene.ending() and not findings.differences:
                return Unseen(Reason.TIMED_OUT, "not all tables could be read in time")
            findings.uncompared.append("the source or the copy: SQLite cannot read all of it")
            return ComparedWith.SOURCE
    return findings.held_to_source(told)


def _objects(findings: Findings, copy: Database, source: Database) -> None:
    here, there = copy.objects(), source.objects()
    for name in sorted(there.keys() - here.keys()):
        says = "is at the source and not in the copy; nothing says that it is newer than the backup"
        findings.open(name, says, DifferenceKind.MISSING_TABLE if name.startswith("table ") else None)
    for name in sorted(there.keys() & here.keys()):
        if there[name] != here[name]:
            findings.open(name, "is defined otherwise at the source; nothing says that it was altered since the backup")


def _table(
    findings: Findings, copy: Database, source: Database, name: str, key: bytes, store: DataStore, made: datetime
) -> int:
    """Hold one table against the source; returns how many rows it has there."""
    if copy.columns(name) != source.columns(name):
        findings.uncompared.append(f"{name}: its columns or its key differ from the source")
        return 0
    found = held(copy, source, name, key, store.restore.changed_at, made)
    findings.lost(name, found.rows, found.missing, found.changed)
    if found.open:
        findings.moved(name, found.rows, found.there)
    return found.there
