"""A leak is planted and handled as the team's runbook says: who, where, rotate, refuse, who read it, tell."""

from collections.abc import Iterator, Mapping

from prodproof.drills import _leak_steps as do
from prodproof.drills._rotation_steps import look_again
from prodproof.drills._rotation_tell import failure_of, stopped_of
from prodproof.drills._rotation_tell import told as rotation_told
from prodproof.drills.drill import Documents, Exercise, PersonStep, Step, Values, drill
from prodproof.drills.rotate import rotate
from prodproof.drills.runbook import steps_of
from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Declared, Secret
from prodproof.facts.drills import DrillRun, EntryKind
from prodproof.facts.leaks import LeakHandled, LeakPlace, LeakReader
from prodproof.facts.rotations import Phase
from prodproof.reach.runbooks.book import Runbook, RunbookError, parse
from prodproof.reach.runbooks.checked import lacking
from prodproof.reach.world import World

COVERS = "leak"
SEARCH_SECONDS = 1800.0


def runbook_of(declared: Declared) -> given.Runbook | None:
    """The declared runbook for leaks that lies in the repository."""
    found = [item for item in declared.runbooks if COVERS in item.covers and "://" not in item.path]
    return found[0] if found else None


def _reads(secret: Secret, declared: Declared) -> tuple[str, ...]:
    runbook = runbook_of(declared)
    return (runbook.path,) if runbook else ()


@drill(
    "leak",
    per=Secret,
    reads=_reads,
    fact=LeakHandled,
    about=lambda secret, declared: not secret.public,
    one_stands_for_all=True,
)
def leak(secret: Secret, declared: Declared, documents: Documents) -> Exercise | Unseen:
    """A canary leaks: who can use it, where is it, rotated, refused, who read it since, notification drafted; timed."""
    runbook = runbook_of(declared)
    if runbook is None:
        return Unseen(Reason.NOT_DECLARED, 'no [[runbook]] of the repository covers leaks: covers = ["leak"]')
    rotation = rotate.design(secret, declared)
    if isinstance(rotation, Unseen):
        return rotation
    try:
        book = parse(documents[runbook.path], runbook.path)
        steps = (*_before(), *rotation.steps, *_after(), *steps_of(book))
        return Exercise(
            steps=steps,
            blast_radius=rotation.blast_radius,
            steady=rotation.steady,
            lacks=lambda world: _lacking(world, book, runbook, rotation),
            tell=lambda run, gave: told(secret, book, run, gave),
        )
    except RunbookError as error:
        return Unseen(Reason.INCOMPLETE, str(error))
    except ValueError as error:
        return Unseen(Reason.INCOMPLETE, f"{runbook.path}: its steps cannot have these names: {error}")


def _before() -> tuple[Step, ...]:
    return (
        Step(
            name="begin",
            says="look how far the audit trail of the secret's store has come",
            check=look_again,
            do=do.begin,
            prove=do.begun,
            changes=False,
        ),
        Step(
            name="plant",
            says="plant a canary that opens nothing in the work tree",
            check=do.is_planted,
            do=do.plant,
            prove=do.canary_lies_there,
            undo=do.take_canary_away,
            undo_says="take the canary away",
        ),
        Step(
            name="who",
            says="find who can use it: who is declared to read it, and who uses it now",
            check=look_again,
            do=do.who,
            prove=do.somebody_is_known,
            changes=False,
        ),
        Step(
            name="search",
            says="search work trees, their histories, logs and backup files for the canary and for the secret itself",
            check=look_again,
            do=do.search,
            prove=do.search_finds,
            changes=False,
            time_limit=SEARCH_SECONDS,
        ),
    )


def _after() -> tuple[Step, ...]:
    return (
        Step(
            name="trail",
            says="read in the audit trail who read the secret since, prodproof's own read among them",
            check=look_again,
            do=do.read_trail,
            prove=do.trail_tells,
            changes=False,
            time_limit=120,
        ),
        Step(
            name="draft",
            says="draft the notification",
            check=do.draft_lies_there,
            do=do.draft,
            prove=do.is_drafted,
            undo=do.take_draft_away,
            undo_says="take the file away; its text is kept with what the drill saw",
        ),
    )


def _lacking(world: World, book: Runbook, runbook: given.Runbook, rotation: Exercise) -> Iterator[str]:
    yield from rotation.lacks(world)
    yield from lacking(book)(world)
    if not runbook.owner:
        yield f"{runbook.path}: nobody owns it: owner of [[runbook]]"
    people = [step for step in steps_of(book) if isinstance(step, PersonStep)]
    for step in people:
        if not step.whom:
            yield f"{runbook.path}: nobody owns the step {step.name}: whom=…"
    if not people:
        yield f"{runbook.path}: no step says who tells those that it concerns"


def told(secret: Secret, book: Runbook, run: DrillRun, gave: Mapping[str, Values]) -> LeakHandled:
    """What was seen. What the drill did not come to is None."""
    seen = {name: dict(values) for name, values in gave.items()}
    found, who, trail = seen.get("search"), seen.get("who"), seen.get("trail")
    steps = [entry for entry in run.timeline if entry.kind in (EntryKind.STEP, EntryKind.PERSON)]
    return LeakHandled(
        runbook=book.path,
        canary_found=bool(found["canary"]) if found else None,
        places=tuple(LeakPlace(**_texts(item)) for item in _rows(found["places"])) if found else None,
        unsearched=tuple(map(str, _rows(found["unsearched"]))) if found else (),
        left_out=tuple(map(str, _rows(found.get("left_out", [])))) if found else (),
        may_use=tuple(map(str, _rows(who["may"]))) if who else None,
        using=tuple(map(str, _rows(who["using"]))) if who else (),
        rotation=rotation_told(secret, run, gave) if "control" in seen else None,
        trail_tells=bool(trail["ours"]) if trail else None,
        readers=tuple(
            LeakReader(who=row["who"], times=int(row["times"]), last=row["last"])
            for row in map(_texts, _rows(trail["readers"]))
        )
        if trail
        else None,
        draft=str(seen["draft"]["draft"]) if "draft" in seen else None,
        phases=tuple(Phase(name=entry.name, seconds=entry.took) for entry in steps),
        took=run.took,
        left=run.left,
        interruptions=run.interruptions,
        failure=failure_of(run),
        stopped=stopped_of(run),
    )


def _rows(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _texts(value: object) -> dict[str, str]:
    assert isinstance(value, dict)
    return {str(key): str(item) for key, item in value.items()}
