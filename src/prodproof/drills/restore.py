"""The restore drill: the newest backup comes back into a scratch that reaches nothing, and its data are right."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prodproof.drills._erasure_declared import erasure_steps
from prodproof.drills._proof_application import application_steps
from prodproof.drills._proof_files import files_steps, media_steps
from prodproof.drills._proof_mariadb import mariadb_steps
from prodproof.drills._proof_postgres import proof_steps
from prodproof.drills._proof_sqlite import sqlite_steps
from prodproof.drills._restore_mariadb import KINDS, lacking, mariadb_step
from prodproof.drills._restore_server import server_step
from prodproof.drills._restore_state import backups_of
from prodproof.drills._restore_steps import way_back
from prodproof.drills._restore_told import conclude, restore_tested
from prodproof.drills.drill import Exercise, Step, Values, drill
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.facts.drills import DrillRun
from prodproof.facts.restores import RestoreTested
from prodproof.reach.postgres_scratch.programs import versions
from prodproof.reach.world import World

LONGEST = 4 * 3600
"""Seconds for one step where no recovery time is declared."""

SHORTEST = 600
PROOF = 1800
"""Seconds for one look at the data, at least."""


@drill("restore", per=DataStore, fact=RestoreTested, about=lambda store, declared: store.lasting, moments=True)
def restore(store: DataStore, declared: Declared, moment: datetime | None = None) -> Exercise | Unseen:
    """The newest backup is restored into a scratch that reaches nothing, and compared with what was backed up."""
    if not backups_of(store, declared):
        return Unseen(Reason.NOT_DECLARED, f'no [[backup]] says store = "{store.name}"')
    limit = float(max(store.rto or LONGEST, SHORTEST))
    steps = _steps(store, declared, limit, max(limit / 4, PROOF), moment)
    if isinstance(steps, Unseen):
        return steps

    def tell(run: DrillRun, gave: Mapping[str, Values]) -> RestoreTested | Unseen:
        return restore_tested(store, declared, run, gave)

    return Exercise(
        steps=(*way_back(store, limit, (lambda scene: moment) if moment else None), *steps, conclude(store)),
        blast_radius="a folder of the drill's own; the source is read while rows are compared, and nothing is written",
        objective=float(store.rto) if store.rto else None,
        lacks=lambda world: _lacking(store, world),
        tell=tell,
    )


def _steps(
    store: DataStore, declared: Declared, limit: float, proof: float, moment: datetime | None
) -> tuple[Step, ...] | Unseen:
    match store.kind:
        case "postgres":
            media = media_steps(store, declared, limit, moment)
            if isinstance(media, Unseen):
                return media
            # Nobody sees the data before those are gone who had been erased; the application may be somebody.
            last = (*erasure_steps(store, declared, limit), *application_steps(store, proof))
            return (server_step(store, limit), *proof_steps(store, proof), *media, *last)
        case "mysql" | "mariadb":
            return (mariadb_step(store, limit), *mariadb_steps(store, proof))
        case "sqlite":
            return (*sqlite_steps(store, proof), *erasure_steps(store, declared, limit))
        case "files" | "bucket":
            return files_steps(store, proof)
    return Unseen(Reason.NOT_VERIFIABLE_YET, f"this version restores no data store of the kind {store.kind}")


def _lacking(store: DataStore, world: World) -> Iterator[str]:
    if store.kind == "postgres" and not versions():
        yield "PostgreSQL is not installed here (Debian: postgresql)"
    if store.kind in KINDS:
        yield from lacking()
