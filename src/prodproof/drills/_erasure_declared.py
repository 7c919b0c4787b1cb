"""People who are erased again in a restored copy, as the system file declares them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodproof.drills._erasure import Opened, re_erase
from prodproof.drills._restore_server import cluster_of, database_of
from prodproof.drills._restore_state import piece_of
from prodproof.drills._restore_steps import RESTORE
from prodproof.drills.drill import Scene, Step
from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import DataStore, Declared, Erasure
from prodproof.facts.restore_points import Contents
from prodproof.reach.people.log import ErasureLog
from prodproof.reach.people.rows import People, Rows, in_postgres, in_sqlite
from prodproof.reach.secrets.stores import Stores


def erasure_steps(store: DataStore, declared: Declared, limit: float) -> tuple[Step, ...]:
    """The step, where people of this data store are declared."""
    own = [item for item in declared.erasures if item.store == store.name]
    if not own:
        return ()
    opened: Opened = _in_server if store.kind == "postgres" else _in_file
    elsewhere = [item.name for item in declared.erasures if item.log == own[0].log and item.store != store.name]
    people = [_people(item) for item in own]
    return (re_erase(lambda scene: _log(own[0], scene), people, opened, elsewhere=elsewhere, seconds=limit),)


def _people(erasure: Erasure) -> People:
    return People(
        name=erasure.name,
        table=erasure.table,
        key=erasure.key,
        identifier=erasure.identifier,
        erase=erasure.erase,
        gone=erasure.gone,
    )


def _log(erasure: Erasure, scene: Scene) -> ErasureLog | Unseen:
    known = next((item for item in scene.declared.all_secrets if item.ref == erasure.log_key), None)
    name = f"the key of the log of erased {erasure.name}"
    asked = known or given.Secret(name=name, ref=erasure.log_key, environment=erasure.environment)
    with Stores(scene.declared) as stores:
        key = stores.read(asked)
    if isinstance(key, Unseen):
        return key
    try:
        return ErasureLog(Path(scene.declared.root or ".") / erasure.log, key.reveal().encode())
    except ValueError as error:
        return Unseen(Reason.NOT_CONFIGURED, str(error))


@contextmanager
def _in_server(scene: Scene) -> Iterator[Rows | Unseen]:
    with in_postgres(lambda: cluster_of(scene).connect(database_of(scene))) as rows:
        yield rows


@contextmanager
def _in_file(scene: Scene) -> Iterator[Rows | Unseen]:
    piece = piece_of(scene.gave[RESTORE], Contents.SQLITE)
    if piece is None:
        yield Unseen(Reason.INCOMPLETE, "what came back holds no database of SQLite")
        return
    with in_sqlite(piece.where) as rows:
        yield rows
