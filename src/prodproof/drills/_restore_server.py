"""The scratch server of a restore: built from a dump, or started on a restored data directory."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import psycopg

from prodproof.drills._restore_state import Findings, opened_dsn, piece_of
from prodproof.drills._restore_steps import RESTORE, Ask, clear, damaged, not_damaged
from prodproof.drills._scratch import place_of
from prodproof.drills.drill import Done, Plain, Proven, Refuted, Scene, Step, StepError, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents, Damage, Damaged
from prodproof.facts.restores import DifferenceKind
from prodproof.reach.backups.backup_store import Piece
from prodproof.reach.cut_off import cut_off
from prodproof.reach.postgres_scratch.cluster import FAST, ScratchCluster
from prodproof.reach.postgres_scratch.load import load
from prodproof.reach.postgres_scratch.programs import versions

START = "start-server"
JOBS = 2
"""Tables and indexes that a dump is loaded with at once."""

_MAKES = re.compile(r'\bCREATE\s+(?:ROLE|USER)\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|[\w$]+)', re.IGNORECASE)
_LARGEST = 1024 * 1024
_NO_WAL = (
    "could not locate required checkpoint record",
    "WAL ends before end of online backup",
    "could not find redo location",
    "recovery ended before configured recovery target was reached",
    "WAL ends before consistent recovery point",
)
_BROKEN = ("invalid checkpoint record", "could not read", "invalid data in file", "incorrect checksum", "is not valid")


class ScratchServer(Protocol):
    """What every server of the scratch can do, whatever it serves."""

    @property
    def place(self) -> Path:
        """The folder with all that is its own."""
        ...

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        ...

    def stop(self) -> bool:
        """Whether it has ended."""
        ...


def server_step(store: DataStore, limit: float) -> Step:
    """The step that builds and starts the server."""
    says = "start a server of our own on it: private socket, no network, no archiving, no subscriptions, no jobs"
    return start_step(says, cluster_of, lambda scene: _start(store, scene, limit), _answers, limit)


def start_step(
    says: str,
    server: Callable[[Scene], ScratchServer],
    start: Ask,
    answers: Callable[[Scene], Proven | Refuted | Unseen],
    limit: float,
) -> Step:
    """The step that makes and starts a server of any kind.

    Args:
        says: what it does.
        server: the scratch server, as it is known by the scratch alone.
        start: makes it.
        answers: whether it is there, and reaches nothing.
        limit: seconds.
    """
    return Step(
        name=START,
        says=says,
        check=lambda scene: _running(server(scene), scene),
        do=start,
        prove=lambda scene: not_damaged(scene) or answers(scene),
        undo=lambda scene: _stop(server(scene)),
        undo_says="stop the server and remove its data",
        time_limit=limit,
    )


def not_loaded(findings: Findings, scene: Scene) -> None:
    """Add what of a dump could not be loaded."""
    failures = scene.gave[START]["failures"]
    for item in failures if isinstance(failures, list) else ():
        findings.found(DifferenceKind.NOT_LOADED, str(item), "could not be loaded from the dump")


def cluster_of(scene: Scene, piece: Piece | None = None) -> ScratchCluster:
    """The scratch server, as it is known by the scratch alone; on a restored data directory if `piece` is one."""
    place = place_of(scene) / "server"
    piece = piece or piece_of(scene.gave.get(RESTORE, {}), Contents.DATA_DIRECTORY, Contents.DUMP)
    if piece is None or piece.contents is Contents.DUMP:
        return ScratchCluster(place, place / "data", cut_off(), scene.key)
    return ScratchCluster(place, piece.where, cut_off(owner_of=piece.where), scene.key)


def database_of(scene: Scene) -> str:
    """The database that is compared."""
    return str(scene.gave[START]["database"])


def _start(store: DataStore, scene: Scene, limit: float) -> Values | Unseen:
    piece = piece_of(scene.gave[RESTORE], Contents.DATA_DIRECTORY, Contents.DUMP)
    if piece is None:
        raise StepError("what came back holds neither a dump nor a data directory of PostgreSQL")
    cluster = cluster_of(scene, piece)
    cluster.stop()
    shutil.rmtree(cluster.place, ignore_errors=True)
    try:
        if piece.contents is Contents.DUMP:
            return _load(store, scene, cluster, piece, limit)
        return _adopt(store, scene, cluster, limit)
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the scratch cannot be written: {error.strerror}")


def _load(store: DataStore, scene: Scene, cluster: ScratchCluster, piece: Piece, limit: float) -> Values | Unseen:
    _hand_over(scene, cluster)
    version = _fitting(piece.server_version)
    if isinstance(version, Unseen):
        return version
    cluster.cut_off.own_all(piece.where)
    trouble = cluster.initialise(version) or cluster.start(120, FAST)
    if trouble is not None:
        return trouble
    loaded = load(cluster, piece.where, piece.form, jobs=JOBS, seconds=limit)
    match loaded:
        case Unseen():
            return loaded
        case Damaged():
            return damaged(loaded)
    return {
        "database": loaded.database,
        "version": str(version),
        "failures": list(loaded.failures),
        "roles": list(loaded.roles),
        "made": _made(store, scene),
        "no_network": cluster.cut_off.no_network,
    }


def _adopt(store: DataStore, scene: Scene, cluster: ScratchCluster, limit: float) -> Values | Unseen:
    _hand_over(scene, cluster)
    if (trouble := cluster.adopt()) is not None:
        return trouble
    if started := cluster.start(limit):
        why = _meaning(cluster, started)
        if isinstance(why, Unseen) or why.damage is not Damage.MISSING_WAL or not cluster.cut_off.no_network:
            return why if isinstance(why, Unseen) else damaged(why)
        # The log may lie in a store elsewhere, which only the network leads to.
        cluster.stop()
        cluster = replace(cluster, cut_off=cut_off(network=True, owner_of=cluster.data))
        if started := cluster.adopt() or cluster.start(limit):
            why = _meaning(cluster, started)
            return why if isinstance(why, Unseen) else damaged(why)
    databases = cluster.databases()
    if isinstance(databases, Unseen):
        return databases
    wanted = _wanted(store, scene)
    candidates = [name for name in databases if name != "postgres"] or databases
    if wanted is not None and wanted not in databases:
        return damaged(Damaged(damage=Damage.MISSING, says=f"the database {wanted} is not in it"))
    if wanted is None and len(candidates) > 1:
        names = ", ".join(candidates[:5])
        return Unseen(Reason.NOT_DECLARED, f"several databases came back ({names}); the store's dsn says which one")
    return {
        "database": wanted or candidates[0],
        "version": str(cluster.version),
        "failures": [],
        "roles": [],
        "no_network": cluster.cut_off.no_network,
    }


def _made(store: DataStore, scene: Scene) -> list[Plain]:
    """Roles that the declared file of the repository makes."""
    if store.restore.roles is None:
        return []
    try:
        with open(Path(scene.declared.root or ".") / store.restore.roles, encoding="utf-8", errors="replace") as file:
            names = _MAKES.findall(file.read(_LARGEST))
    except OSError:
        return []
    # What is not quoted is folded to small letters.
    return sorted({name[1:-1].replace('""', '"') if name[0] == '"' else name.lower() for name in names})


def _hand_over(scene: Scene, cluster: ScratchCluster) -> None:
    """Let the server's user into the scratch: to its files, and to what its restore_command reads."""
    place = place_of(scene)
    cluster.cut_off.own(place)
    for name in ("files", "tool"):
        if (place / name).exists():
            cluster.cut_off.own_all(place / name)
    cluster.place.mkdir(mode=0o700, exist_ok=True)
    cluster.cut_off.own(cluster.place)


def _fitting(written: str) -> int | Unseen:
    """The major version to load a dump with: its server's own, else the next newer one that is installed."""
    installed = sorted(versions())
    if not installed:
        return Unseen(Reason.TOOL_MISSING, "PostgreSQL is not installed here")
    found = re.match(r"\d+", written)
    wanted = int(found[0]) if found else installed[-1]
    fitting = [version for version in installed if version >= wanted]
    if not fitting:
        return Unseen(Reason.TOOL_MISSING, f"it is of PostgreSQL {wanted}, and the newest one here is {installed[-1]}")
    return fitting[0]


def _meaning(cluster: ScratchCluster, trouble: Unseen) -> Damaged | Unseen:
    """Why a restored data directory does not start."""
    try:
        log = cluster.log.read_text(errors="replace")[-64 * 1024 :]
    except OSError:
        return trouble
    if any(sign in log for sign in _NO_WAL):
        says = "log that the restore needs is missing: the server cannot come to a consistent state"
        return Damaged(damage=Damage.MISSING_WAL, says=says)
    if "No space left on device" in log:
        return Unseen(Reason.INCOMPLETE, "the disk of the scratch is full")
    if any(sign in log for sign in _BROKEN):
        return Damaged(damage=Damage.CORRUPT, says=f"the server does not start: {cluster.trouble()}")
    return trouble


def _wanted(store: DataStore, scene: Scene) -> str | None:
    """The database's name, from the connection string."""
    dsn = opened_dsn(store, scene)
    if isinstance(dsn, Unseen):
        return None
    try:
        name = psycopg.conninfo.conninfo_to_dict(dsn.reveal()).get("dbname")
    except psycopg.Error:
        return None
    return str(name) if name else None


def _running(server: ScratchServer, scene: Scene) -> Todo | Done:
    # One that is there without being written down may be half loaded, so it is made anew.
    known = scene.gave.get(START)
    if known is None or not server.pids:
        return Todo()
    return Done(known)


def _answers(scene: Scene) -> Proven | Refuted | Unseen:
    cluster = cluster_of(scene)
    link = cluster.connect(database_of(scene))
    if isinstance(link, Unseen):
        return link
    with link:
        ((version, listens, archive, workers),) = link.execute(
            "SELECT current_setting('server_version'), current_setting('listen_addresses'),"
            " current_setting('archive_mode'), (SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type LIKE 'logical replication%' OR backend_type LIKE 'pg_cron%')"
        ).fetchall()
    if listens or archive != "off" or workers:
        return Refuted("the scratch server is not isolated: it listens, archives or runs jobs")
    away = "without any network" if cluster.cut_off.no_network else "cut off by its settings alone"
    return Proven(f"PostgreSQL {version} answers on a private socket, {away}")


def _stop(server: ScratchServer) -> None:
    if not server.stop():
        raise StepError("the scratch server does not end")
    clear(server.place)
