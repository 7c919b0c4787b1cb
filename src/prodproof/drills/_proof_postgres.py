"""The proof of a restored PostgreSQL database, step by step."""

from datetime import UTC, datetime

import psycopg

from prodproof.drills._proof_rows import compared, opened_copy
from prodproof.drills._proof_team import Answer, team_steps
from prodproof.drills._restore_server import cluster_of, database_of, not_loaded
from prodproof.drills._restore_state import Findings, piece_of
from prodproof.drills._restore_steps import (
    RESTORE,
    backup_loss,
    compare_step,
    drill_began,
    heartbeat_loss,
    looking,
    loss_said,
    loss_step,
    seen,
)
from prodproof.drills.drill import Scene, Step, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents
from prodproof.facts.restores import DifferenceKind, MomentBy
from prodproof.reach.compare.link import meaning
from prodproof.reach.compare.rows import unlogged
from prodproof.reach.compare.within import broken_keys, invariant, newest, sequences_behind
from prodproof.reach.postgres_scratch.pages import check_pages

PAGES, KEYS = "check-pages", "check-keys"


def proof_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The steps that look whether the data are right."""
    return (
        compare_step(
            "compare objects, counts and keyed digests of rows with what was backed up",
            lambda scene: _compare(store, scene),
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
        *team_steps(store, _invariants, limit),
        loss_step(lambda scene: _loss(store, scene), 300),
    )


def _compare(store: DataStore, scene: Scene) -> Values | Unseen:
    held = compared(store, scene, cluster_of(scene), database_of(scene))
    if isinstance(held, Unseen):
        return held
    findings, how = held
    not_loaded(findings, scene)
    return {**findings.plain(), "with": how.value}


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


def _invariants(scene: Scene, queries: list[str]) -> list[Answer] | Unseen:
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        return [invariant(link, query) for query in queries]


def _loss(store: DataStore, scene: Scene) -> Values | Unseen:
    """To which moment the data came back, and how long before the drill that was."""
    place = store.restore.heartbeat
    if place is None:
        if replayed := _replayed(scene):
            lost = max(0.0, (drill_began(scene) - replayed).total_seconds())
            says = loss_said(scene, "the newest transaction of the log", lost)
            return {"to": replayed.isoformat(), "by": MomentBy.LOG.value, "loss": lost, "says": says}
        return backup_loss(scene)
    link = opened_copy(cluster_of(scene), database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        try:
            moment = newest(link, place)
            table = place.rpartition(".")[0]
            lasting = {table, f"public.{table}"}.isdisjoint(unlogged(link))
        except psycopg.Error as error:
            return meaning(error)
    if isinstance(moment, Unseen):
        return moment
    if not isinstance(moment, datetime) and not lasting:
        says = f"the heartbeat's table {table} is unlogged, and comes back empty from a backup of the server's files"
        return Unseen(Reason.NOT_CONFIGURED, says)
    return heartbeat_loss(scene, moment.astimezone(UTC) if isinstance(moment, datetime) else None)


def _replayed(scene: Scene) -> datetime | None:
    """The newest transaction that the server recovered from the log; None where there was no log."""
    link = cluster_of(scene).connect(database_of(scene))
    if isinstance(link, Unseen):
        return None
    with link:
        ((moment,),) = link.execute("SELECT pg_last_xact_replay_timestamp()").fetchall()
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
