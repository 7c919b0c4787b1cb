"""The end of a restore drill: what is concluded, and the fact that it answers with."""

from collections.abc import Collection, Mapping

from prodproof.drills import _scratch
from prodproof.drills._erasure import STEP as RE_ERASE
from prodproof.drills._erasure import told as erased_again
from prodproof.drills._proof_application import APPLICATION
from prodproof.drills._proof_files import MEDIA
from prodproof.drills._proof_team import TEAM
from prodproof.drills._restore_server import START
from prodproof.drills._restore_state import backups_of, gathered, needs_of, number, when
from prodproof.drills._restore_steps import CHOOSE, COMPARE, LOSS, RESTORE, VERIFY
from prodproof.drills.drill import Proven, Refuted, Scene, Step, Todo, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore, Declared
from prodproof.facts.drills import DrillOutcome, DrillRun, EntryKind
from prodproof.facts.restores import ComparedWith, MomentBy, NeededThing, Origin, Phase, RestoreTested, ScratchKind
from prodproof.reach.secrets.stores import MANAGED

CONCLUDE = "conclude"
_WAY = (CHOOSE, _scratch.STEP, RESTORE, START, RE_ERASE, APPLICATION)
"""Steps that somebody must wait for who restores in earnest."""


ROWS = ("postgres", "sqlite", "mysql", "mariadb")
"""Kinds of data stores that hold rows."""


def conclude(store: DataStore) -> Step:
    """The last step: it fails where anything was damaged, and is not proven where nobody can decide."""
    return Step(
        name=CONCLUDE,
        says="say what it comes to: nothing is damaged, and no more is lost than may be",
        check=lambda scene: Todo(),
        do=lambda scene: {},
        prove=lambda scene: _concluded(store, scene),
        changes=False,
        time_limit=60,
    )


def _concluded(store: DataStore, scene: Scene) -> Proven | Refuted | Unseen:
    found = gathered(scene.gave.values())
    if found.differences:
        return Refuted(found.line())
    loss = scene.gave.get(LOSS, {})
    lost = loss.get("loss")
    if store.rpo is not None and isinstance(lost, int | float) and lost > store.rpo:
        if loss["by"] == MomentBy.LOG.value:
            says = f"the newest transaction in the log is {_span(lost)} old: was nothing written since?"
            return Unseen(Reason.INSUFFICIENT_PROOF, f"{says} A heartbeat would tell")
        return Refuted(f"the data are whole and too old: {_span(lost)} would be lost, and {_span(store.rpo)} may be")
    if lost is None and LOSS in scene.gave:
        return Refuted(f"nobody can say how old the data are: {scene.gave[LOSS]['says']}")
    if found.undecided:
        first = found.undecided[0]
        more = f", and {len(found.undecided) - 1} more" if len(found.undecided) > 1 else ""
        return Unseen(Reason.INCOMPLETE, f"nobody can decide: {first.what} {first.says}{more}")
    # Where there is nothing to hold the copy against, what the team says is always so stands in for it.
    if unseen := found.uncompared + ([] if store.restore.invariants else found.unheld):
        return Unseen(Reason.INCOMPLETE, f"not all could be compared: {unseen[0]}")
    if not found.tables:
        return Refuted("nothing came back: there is no table and no file")
    if not found.rows and store.kind in ROWS:
        return Refuted(f"nothing came back: all {found.tables} tables are empty")
    beside = f"; not looked at, for they are unlogged: {', '.join(found.unlogged[:3])}" if found.unlogged else ""
    return Proven(f"{found.tables} tables or files are as they were{beside}")


def _span(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def restore_tested(
    store: DataStore, declared: Declared, run: DrillRun, gave: Mapping[str, Values]
) -> RestoreTested | Unseen:
    """The fact: also of a restore that failed, as long as it was tried."""
    found = gathered(gave.values())
    ended = CONCLUDE in gave
    # What was found counts, whatever kept the drill from its end. But that it was kept says nothing of the backup.
    if run.outcome is not DrillOutcome.FAILED and not ended and not found.differences:
        return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
    chosen = gave.get(CHOOSE)
    if chosen is None:
        known = backups_of(store, declared)
        return RestoreTested(
            backup=", ".join(item.name for item in known),
            tool=", ".join(sorted({item.kind for item in known})),
            failure=run.detail,
            of_rows=store.kind in ROWS,
            rto=store.rto,
            rpo=store.rpo,
            moment=run.moment,
        )
    broken = next((values for values in gave.values() if "damage" in values), None)
    loss = gave.get(LOSS, {})
    lost = loss.get("loss")
    restored, compare = gave.get(RESTORE, {}), gave.get(COMPARE, {})
    no_network, only_reached = how_apart(gave)
    tool = next((item.kind for item in declared.backups if item.name == chosen["backup"]), "")
    application = gave.get(APPLICATION)
    return RestoreTested(
        backup=str(chosen["backup"]),
        tool=tool,
        point=str(chosen["point"]),
        made=when(chosen["made"]),
        size=number(gave[RESTORE].get("bytes")) if RESTORE in gave else None,
        failure="" if ended or run.outcome is not DrillOutcome.FAILED else run.detail,
        damage=str(broken["damage"]) if broken else "",
        verified=str(gave.get(VERIFY, {}).get("says", "")),
        phases=phases(run),
        needs=_needs(store, declared, gave),
        no_network=no_network,
        only_reached=only_reached,
        production_here=None if (here := restored.get("production_here")) is None else str(here),
        scratch=ScratchKind(str(gave.get(_scratch.STEP, {}).get("kind", ScratchKind.DISK.value))),
        compared_with=ComparedWith(str(compare.get("with", ComparedWith.NOTHING.value))),
        tables=found.tables,
        rows=found.rows,
        of_rows=store.kind in ROWS,
        sampled=tuple(sorted(set(found.sampled))),
        unlogged=tuple(found.unlogged),
        uncompared=tuple(found.uncompared),
        unheld=tuple(found.unheld),
        differences=tuple(found.differences),
        undecided=tuple(found.undecided),
        re_erased=erased_again(gave[RE_ERASE]) if RE_ERASE in gave else (),
        invariants=number(gave.get(TEAM, {}).get("asked")),
        application=None if application is None else bool(application["well"]),
        recovered_to=when(loss.get("to")),
        recovered_by=MomentBy(str(loss.get("by", MomentBy.BACKUP.value))),
        loss=float(lost) if isinstance(lost, int | float) else None,
        rto=store.rto,
        rpo=store.rpo,
        moment=run.moment,
    )


def how_apart(gave: Mapping[str, Values]) -> tuple[bool, tuple[str, ...]]:
    """Whether all that restored had no network at all; and what it reached, where it reached nothing else."""
    parts = [gave[name] for name in (RESTORE, MEDIA) if name in gave]
    reached = [list(map(str, item)) if isinstance(item := part.get("only_reached"), list) else [] for part in parts]
    alone = [bool(part.get("no_network")) for part in parts]
    cut_off = all(one or places for one, places in zip(alone, reached, strict=True))
    if not parts or not cut_off or (START in gave and not gave[START].get("no_network")):
        return False, ()
    return all(alone), tuple(dict.fromkeys(place for places in reached for place in places))


def phases(run: DrillRun, proof: Collection[str] | None = None) -> tuple[Phase, ...]:
    """What took how long.

    Args:
        run: a drill that came to its end.
        proof: names of steps that nobody waits for who restores in earnest; those of the restore drill if None.
    """
    return tuple(
        Phase(
            name=entry.name, seconds=entry.took, proof=entry.name not in _WAY if proof is None else entry.name in proof
        )
        for entry in run.timeline
        if entry.kind is EntryKind.STEP and entry.name != CONCLUDE
    )


def _needs(store: DataStore, declared: Declared, gave: Mapping[str, Values]) -> tuple[NeededThing, ...]:
    found = [
        _need(store, declared, what, name, where, Origin(origin))
        for values in gave.values()
        for what, name, where, origin in needs_of(values)
    ]
    roles = gave.get(START, {}).get("roles")
    version = gave.get(START, {}).get("version")
    if version:
        name = f"{gave[START].get('product', 'PostgreSQL')} {version}"
        found.append(NeededThing(what="program", name=name, came_from="this machine", origin=Origin.MACHINE))
    made = gave.get(START, {}).get("made")
    for role in roles if isinstance(roles, list) else ():
        if isinstance(made, list) and role in made:
            says, origin = f"{store.restore.roles}, in the repository", Origin.REPOSITORY
        else:
            says, origin = "elsewhere: no dump of one database holds roles (pg_dumpall --roles-only)", Origin.NOWHERE
        found.append(NeededThing(what="role", name=str(role), came_from=says, origin=origin))
    return tuple(dict.fromkeys(found))


def _need(store: DataStore, declared: Declared, what: str, name: str, where: str, origin: Origin) -> NeededThing:
    manager = None
    if origin is Origin.MANAGER:
        # As `Stores` finds it. Without any, it is the one that the program's own login leads to: production's.
        kind = MANAGED.get(name.partition(":")[0])
        secret = next((item for item in declared.all_secrets if item.ref == name), None)
        managers = [item for item in declared.all_secret_managers if item.kind == kind]
        manager = next(
            (
                item
                for item in managers
                if item.environment == (secret.environment if secret else store.environment)
                and (secret is None or secret.manager in (None, item.name))
            ),
            None,
        )
    return NeededThing(
        what=what,
        name=name,
        came_from=where,
        origin=origin,
        manager=manager.name if manager else "",
        apart=manager.offsite if manager else "",
    )
