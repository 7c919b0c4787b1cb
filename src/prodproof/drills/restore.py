"""The restore drill: the newest backup comes back into a scratch that reaches nothing, and its data are right."""

from collections.abc import Iterator, Mapping

from prodproof.drills._proof_application import application_steps
from prodproof.drills._proof_files import files_steps, media_steps
from prodproof.drills._proof_postgres import proof_steps
from prodproof.drills._proof_sqlite import sqlite_steps
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


@drill("restore", per=DataStore, fact=RestoreTested)
def restore(store: DataStore, declared: Declared) -> Exercise | Unseen:
    """The newest backup is restored into a scratch that reaches nothing, and compared with what was backed up."""
    if not backups_of(store, declared):
        return Unseen(Reason.NOT_DECLARED, f'no [[backup]] says store = "{store.name}"')
    limit = float(max(store.rto or LONGEST, SHORTEST))
    steps = _steps(store, declared, limit, max(limit / 4, PROOF))
    if isinstance(steps, Unseen):
        return steps

    def tell(run: DrillRun, gave: Mapping[str, Values]) -> RestoreTested | Unseen:
        return restore_tested(store, declared, run, gave)

    return Exercise(
        steps=(*way_back(store, limit), *steps, conclude(store)),
        blast_radius="a folder of the drill's own; the source is read while rows are compared, and nothing is written",
        objective=float(store.rto) if store.rto else None,
        lacks=lambda world: _lacking(store, world),
        tell=tell,
    )


def _steps(store: DataStore, declared: Declared, limit: float, proof: float) -> tuple[Step, ...] | Unseen:
    match store.kind:
        case "postgres":
            media = media_steps(store, declared, limit)
            if isinstance(media, Unseen):
                return media
            application = application_steps(store, proof)
            return (server_step(store, limit), *proof_steps(store, proof), *media, *application)
        case "sqlite":
            return sqlite_steps(store, proof)
        case "files" | "bucket":
            return files_steps(store, proof)
    return Unseen(Reason.NOT_VERIFIABLE_YET, f"this version restores no data store of the kind {store.kind}")


def _lacking(store: DataStore, world: World) -> Iterator[str]:
    if store.kind == "postgres" and not versions():
        yield "PostgreSQL is not installed here (Debian: postgresql)"
