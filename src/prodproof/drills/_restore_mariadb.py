"""The scratch server of a restore of MariaDB or MySQL: made empty, and loaded with a dump."""

import shutil

from prodproof.drills._restore_server import START, start_step
from prodproof.drills._restore_state import opened_dsn, piece_of
from prodproof.drills._restore_steps import RESTORE, damaged, files_of
from prodproof.drills._scratch import place_of
from prodproof.drills.drill import Proven, Refuted, Scene, Step, StepError, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restore_points import Contents, Damage, Damaged
from prodproof.reach.cut_off import cut_off
from prodproof.reach.mariadb_scratch.client import Client, of_url, program
from prodproof.reach.mariadb_scratch.server import ScratchServer

KINDS = ("mysql", "mariadb")
START_SECONDS = 120.0
_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")


def mariadb_step(store: DataStore, limit: float) -> Step:
    """The step that makes, starts and loads the server."""
    says = "load it into a server of our own: private socket, no network, no events, no replication"
    return start_step(says, server_of, lambda scene: _start(store, scene, limit), _answers, limit)


def lacking() -> list[str]:
    """Programs that are not there."""
    return [f"{name} is not installed here (Debian: mariadb-server)" for name in _PROGRAMS if program(name) is None]


def server_of(scene: Scene) -> ScratchServer:
    """The scratch server, as it is known by the scratch alone."""
    return ScratchServer(place_of(scene) / "server", cut_off(), scene.key)


def copy_of(scene: Scene) -> Client:
    """Asks the copy."""
    return server_of(scene).client(str(scene.gave[START]["database"]))


def source_of(store: DataStore, scene: Scene) -> Client | Unseen:
    """Asks the source."""
    dsn = opened_dsn(store, scene)
    return dsn if isinstance(dsn, Unseen) else of_url(dsn)


def _start(store: DataStore, scene: Scene, limit: float) -> Values | Unseen:
    piece = piece_of(scene.gave[RESTORE], Contents.MYSQL_DUMP)
    if piece is None:
        raise StepError("what came back holds no dump of MariaDB or MySQL")
    server = server_of(scene)
    try:
        if not server.stop():
            raise StepError("a server of an earlier attempt does not end")
        shutil.rmtree(server.place, ignore_errors=True)
        server.cut_off.own(place_of(scene))
        server.cut_off.own_all(files_of(scene))
        trouble = server.initialise() or server.start(START_SECONDS)
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the scratch cannot be written: {error.strerror}")
    if trouble is not None:
        return trouble
    loaded = server.load(piece.where, limit)
    match loaded:
        case Unseen():
            return loaded
        case Damaged():
            return damaged(loaded)
    database = _chosen(store, scene, server, loaded.database)
    match database:
        case Unseen():
            return database
        case Damaged():
            return damaged(database)
    version = server.client("").ask("SELECT VERSION()")
    return {
        "database": database,
        "product": "MariaDB",
        "version": "" if isinstance(version, Unseen) else version[0][0].partition("-")[0],
        "failures": list(loaded.failures),
        "roles": [],
        "no_network": server.cut_off.no_network,
    }


def _chosen(store: DataStore, scene: Scene, server: ScratchServer, only: str) -> str | Damaged | Unseen:
    """The database that is compared: the only one that came back, or the one that the source has."""
    if only:
        return only
    found = server.databases()
    if isinstance(found, Unseen):
        return found
    if not found:
        return Damaged(damage=Damage.MISSING, says="no table came back")
    source = source_of(store, scene)
    if isinstance(source, Client) and source.database in found:
        return source.database
    names = ", ".join(found[:5])
    return Unseen(Reason.NOT_DECLARED, f"several databases came back ({names}); the store's dsn says which one")


def _answers(scene: Scene) -> Proven | Refuted | Unseen:
    said = server_of(scene).client("").ask("SELECT @@skip_networking, @@event_scheduler, @@log_bin")
    if isinstance(said, Unseen):
        return said
    if said[0][:3] != ("1", "OFF", "0"):
        says = "it listens, writes a log, or runs events, which the dump turns on"
        return Refuted(f"the scratch server is not isolated: {says}")
    away = "without any network" if server_of(scene).cut_off.no_network else "cut off by its settings alone"
    return Proven(f"MariaDB {scene.gave[START]['version']} answers on a private socket, {away}")
