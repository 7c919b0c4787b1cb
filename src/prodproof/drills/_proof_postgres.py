"""The proof of a restored PostgreSQL database, step by step."""

from datetime import UTC, datetime

import psycopg

from prodproof.drills._proof_rows import compared, opened_copy
from prodproof.drills._restore_server import START, cluster_of, database_of
from prodproof.drills._restore_state import Findings, piece_of
from prodproof.drills._restore_steps import LOSS, RESTORE, backup_loss, drill_began, looking, loss_said, seen
from prodproof.drills.drill import Proven, Scene, Step, Values
from prodproof.facts import Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents
from prodproof.facts.restores import DifferenceKind, MomentBy
from prodproof.reach.compare.link import meaning
from prodproof.reach.compare.within import broken_keys, invariant, newest, sequences_behind
from prodproof.reach.postgres_scratch.pages import check_pages

COMPARE, PAGES, KEYS, TEAM = "compare", "check-pages", "check-keys", "ask-invariants"


def proof_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The steps that look whether the data are right."""
    steps = [
        looking(
            COMPARE,
            "compare objects, counts and keyed digests of rows with what was backed up",
            lambda scene: _compare(store, scene),
            lambda scene: seen(scene, "{tables} tables with {rows} rows".format_map(scene.gave[COMPARE])),
            limit,
        ),
        looking(
            KEYS,
            "look for sequences that are behind their columns and foreign keys that do not hold",
            lambda scene: _keys(store, scene),
            lambda scene: seen(scene, str(scene.gave[KEYS]["looked"])),
            limit,
        ),
        looking(
            PAGES,
            "let pg_amcheck look at every page of tables and indexes",
            lambda scene: _pages(store, scene, limit),
            lambda scene: seen(scene, "pg_amcheck"),
            limit,
        ),
    ]
    if store.restore.invariants:
        steps.append(
            looking(
                TEAM,
                "ask what the team says is always so",
                lambda scene: _team(store, scene),
                lambda scene: seen(scene, f"{len(store.restore.invariants)} invariants"),
                limit,
            )
        )
    steps.append(
        looking(
            LOSS,
            "read to which moment the data came back",
            lambda scene: _loss(store, scene),
            lambda scene: Proven(str(scene.gave[LOSS]["says"])),
            300,
        )
    )
    return tuple(steps)


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    held = compared(store, scene, cluster_of(scene), database_of(scene))
    if isinstance(held, Unseen):
        return held
    findings, how = held
    failures = scene.gave[START]["failures"]
    for item in failures if isinstance(failures, list) else ():
        findings.found(DifferenceKind.NOT_LOADED, str(item), "could not be loaded from the dump")
    return {**findings.plain(), "with": how.value, "line": findings.line()}


def _keys(store: DataStore, scene: Scene) -> Values | Unseen:
    findings = Findings()
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        sequences = sequences_behind(link)
        if isinstance(sequences, Unseen):
            return _unreadable(findings, sequences)
        for behind in sequences[1]:
            says = f"would give out a number that a row of {behind.column} already has"
            findings.found(DifferenceKind.SEQUENCE_BEHIND, f"sequence {behind.sequence}", says)
        looked = f"{sequences[0]} sequences"
        if piece_of(scene.gave[RESTORE], Contents.DATA_DIRECTORY) is None:
            # This server has just checked them itself, when it added them to rows that had been loaded.
            return {**findings.plain(), "looked": f"{looked}; foreign keys were checked as they were added"}
        keys = broken_keys(link, full=store.restore.full)
        if isinstance(keys, Unseen):
            return _unreadable(findings, keys)
    findings.sampled += keys[1]
    for orphans in keys[2]:
        says = f"{orphans.rows} rows name rows that are not there"
        findings.found(DifferenceKind.BROKEN_KEY, f"constraint {orphans.table}.{orphans.key}", says)
    return {**findings.plain(), "looked": f"{looked}, {keys[0]} foreign keys"}


def _unreadable(findings: Findings, why: Unseen) -> Values:
    findings.uncompared.append(f"keys: {why.detail}")
    return {**findings.plain(), "looked": "not all keys"}


def _pages(store: DataStore, scene: Scene, limit: float) -> Values | Unseen:
    findings = Findings()
    checked = check_pages(cluster_of(scene), [database_of(scene)], full=store.restore.full, seconds=limit)
    if isinstance(checked, Unseen):
        # Damaged data may break the server down; what was found before is not forgotten for that.
        findings.uncompared.append(f"pages: {checked.detail}")
        return findings.plain()
    for item in checked.damaged:
        findings.found(DifferenceKind.DAMAGED_PAGE, item, "pg_amcheck finds it damaged")
    return findings.plain()


def _team(store: DataStore, scene: Scene) -> Values | Unseen:
    findings = Findings()
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        for name, query in store.restore.invariants:
            said = invariant(link, query)
            if isinstance(said, Unseen):
                findings.found(DifferenceKind.INVARIANT, name, f"cannot be asked: {said.detail}")
            elif not said:
                findings.found(DifferenceKind.INVARIANT, name, "is not so in the copy")
    return {**findings.plain(), "asked": len(store.restore.invariants)}


def _loss(store: DataStore, scene: Scene) -> Values | Unseen:
    """To which moment the data came back, and how long before the drill that was."""
    began = drill_began(scene)
    if store.restore.heartbeat is None:
        if replayed := _replayed(scene):
            lost = max(0.0, (began - replayed).total_seconds())
            says = loss_said(scene, "the newest transaction of the log", lost)
            return {"to": replayed.isoformat(), "by": MomentBy.LOG.value, "loss": lost, "says": says}
        return backup_loss(scene)
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        try:
            moment = newest(link, store.restore.heartbeat)
        except psycopg.Error as error:
            return meaning(error)
    if isinstance(moment, Unseen):
        return moment
    if not isinstance(moment, datetime):
        return {"to": "", "by": MomentBy.HEARTBEAT.value, "loss": None, "says": "the heartbeat's table is empty"}
    # What was written since the drill began may have come back, too.
    lost = max(0.0, (began - moment.astimezone(UTC)).total_seconds())
    says = loss_said(scene, "the newest heartbeat", lost)
    return {"to": moment.astimezone(UTC).isoformat(), "by": MomentBy.HEARTBEAT.value, "loss": lost, "says": says}


def _replayed(scene: Scene) -> datetime | None:
    """The newest transaction that the server recovered from the log; None where there was no log."""
    link = cluster_of(scene).connect(database_of(scene))
    if isinstance(link, Unseen):
        return None
    with link:
        ((moment,),) = link.execute("SELECT pg_last_xact_replay_timestamp()").fetchall()
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
