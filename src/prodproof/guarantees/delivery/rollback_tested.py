"""Rolling back to the previous version works and was tested.

Risk: A rollback that was never tried fails when it is needed, usually on a migration that only goes forward.
Verified: The drill `rollback` runs two versions of each Django application from their commits, on a scratch database
(a copy of real data if one is declared): the previous one works, the current one migrates, works and leaves jobs; the
previous one must then serve, read everything, write every model that it could write before and carry the jobs out, in
the time that is declared now, if any; and the current one once more. Migrations are undone first if that is how the
team goes back; else the previous version must run on the newer schema. Which versions ran is known by their commits; a
version page, if one is declared, must name them too. What the deployment itself does is not tried. A model that no row
could be made up for is unknown: nothing is known of writing it.
Mend: Keep migrations compatible with the previous version, keep the last artifacts, and roll staging back and
forth with each larger release.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import DjangoApp, Rehearsal
from prodproof.facts.rollbacks import Phase, PhaseTime, RollbackTried, RollbackTrouble, Trouble, Version
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_TWO_STEPS = "change the schema in two releases: first add what is new, and remove what is old once nothing reads it"

MENDS = {
    Trouble.NOT_PREPARED: "install it by hand from a fresh checkout; pin what it depends on, and keep it available",
    Trouble.NOT_STARTED: "start that version by hand from a fresh checkout, with the declared variables",
    Trouble.UNHEALTHY: "ask its health check by hand on the newer schema, and mend what it stumbles over",
    Trouble.WRONG_VERSION: "let the version page name the commit that runs, not the one that was built last",
    Trouble.MIGRATION: "run the migrations by hand on a copy of the data, and mend them",
    Trouble.IRREVERSIBLE: "give the migration its way back (reverse_code), or go back without undoing migrations",
    Trouble.UNREADABLE: _TWO_STEPS,
    Trouble.UNWRITABLE: "give new columns a default in the database, and let them be empty until the next release",
    Trouble.LOST: "do not drop or rewrite in the release that stops using it: " + _TWO_STEPS,
    Trouble.QUEUE: "change what jobs carry in two releases: first read both forms, then write the new one",
}


@guarantee(
    "delivery.rollback-tested",
    seeds="M-D5",
    proof="drill",
    severity="high",
    nothing="no application is declared that could be rolled back: [[django]]",
)
def judge(fact: RollbackTried, declared: DjangoApp | None) -> Verdict:
    """One application, rolled back and forward. Not every application must have been."""
    objective = declared.rollback.objective if declared and declared.rollback else None
    found = [
        Finding(
            item.trouble.value,
            f"{item.what}, {item.phase.value}: {item.detail}",
            key=f"{item.phase.value} {item.what}",
            mend=MENDS[item.trouble],
        )
        for item in fact.troubles
    ]
    if fact.took is not None and objective is not None and fact.took > objective:
        said = f"the previous version served after {span(fact.took)}, and must within {span(objective)}"
        found.append(Finding("slow", said, key="objective"))
    if found:
        return broken(*found)
    if missing := [phase.value for phase in Phase if phase not in {item.phase for item in fact.phases}]:
        return unknown(Reason.INCOMPLETE, f"it did not come to {missing[0]}")
    if fact.took is None:
        return unknown(Reason.INCOMPLETE, "nothing says how long it took until the previous version served")
    if fact.untried:
        return unknown(
            Reason.INCOMPLETE,
            f"nothing is known of writing {fact.untried[0]}: no row could be made up; a declared `write` that writes "
            "some would tell",
        )
    data = "a copy of real data" if fact.copied else "made-up data"
    return holds(
        f"{fact.current.asked} to {fact.previous.asked} and back on {data}, {len(fact.migrations)} migrations apart; "
        f"the previous one served after {span(fact.took)}"
    )


_WELL = RollbackTried(
    current=Version(asked="HEAD", commit="b" * 40),
    previous=Version(asked="v1", commit="a" * 40),
    database="sqlite",
    copied=True,
    cut_off=True,
    migrations=("shop.0002_next",),
    phases=tuple(PhaseTime(phase=phase, seconds=2.0) for phase in Phase),
    models=5,
    queue=True,
    took=60.0,
)
_APP = DjangoApp(
    environment="production", manage=("manage.py",), rollback=Rehearsal(manage=("manage.py",), objective=60)
)
_NO_LIMIT = Rehearsal(manage=("manage.py",))
_COLUMN = RollbackTrouble(
    trouble=Trouble.UNREADABLE, phase=Phase.PREVIOUS, what="shop.Order", detail="no such column: total"
)

EXAMPLES = (
    Example(
        "there and back", _WELL, holds, _APP, says="HEAD to v1 and back on a copy of real data, 1 migrations apart"
    ),
    Example("on made-up data", replace(_WELL, copied=False), holds, says="made-up data"),
    Example("without an objective", replace(_WELL, took=61.0), holds, replace(_APP, rollback=_NO_LIMIT)),
    Example("no rollback is declared any more", replace(_WELL, took=61.0), holds, replace(_APP, rollback=None)),
    Example(
        "a second too slow",
        replace(_WELL, took=61.0, objective=90.0),
        broken,
        _APP,
        says="after 1 min 1 s, and must within 1 min",
    ),
    Example(
        "a migration that the previous version cannot run on",
        replace(_WELL, troubles=(_COLUMN,), took=None, phases=_WELL.phases[:5]),
        broken,
        says="shop.Order, previous: no such column",
    ),
    *(
        Example(
            f"trouble: {trouble.value}",
            replace(_WELL, troubles=(replace(_COLUMN, trouble=trouble),)),
            broken,
            says="shop.Order, previous:",
        )
        for trouble in Trouble
    ),
    Example("trouble, and too slow", replace(_WELL, took=90.0, troubles=(_COLUMN,)), broken, _APP, says="(and 1 more)"),
    Example(
        "it did not come to its end",
        replace(_WELL, phases=_WELL.phases[:5]),
        unknown,
        says="did not come to again",
        reason=Reason.INCOMPLETE,
    ),
    Example("not timed", replace(_WELL, took=None), unknown, _APP, says="how long", reason=Reason.INCOMPLETE),
    Example(
        "a model that no row could be made up for",
        replace(_WELL, untried=("shop.Parcel",)),
        unknown,
        says="of writing shop.Parcel",
        reason=Reason.INCOMPLETE,
    ),
)
