"""There is a documented process for an exposed secret (rotate, notify, assess impact), and it works.

Risk: A key is on a public page: each minute without a plan is one in which somebody uses it.
Verified: The drill `leak` plants a canary and follows the runbook that covers leaks: who may read the secret and who
uses it, in which work trees, histories, logs and backup files the secret lies (the canary must be found there; backups
that are repositories are named and not looked into), rotation as secrets.rotate-without-deploy looks at it, refusal of
the old value, who read it since by the audit trail (prodproof's own read must stand in it), the drafted notification,
and every step of the runbook, persons' ones too; each is timed.
From inside, the runbook is read and not run: a link, a file or a command of the repository that is not there breaks it,
and so does a step that nobody owns, or that there is nothing to do in it.
One secret that is exercised stands for the process. What was found where is not judged here: it is what the process
is for.
Mend: Write down how to find who can use a secret, rotate it, prove that the old one is refused and read its use
since; practise it with a planted one.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.leaks import LeakHandled, LeakPlace, LeakReader
from prodproof.facts.rotations import Phase
from prodproof.facts.runbooks import LeakRunbookChecked, RunbookProblem, RunbookProblemKind
from prodproof.guarantees._runbooks import as_written
from prodproof.guarantees._spans import span
from prodproof.guarantees.secrets import _rotated as rotated
from prodproof.guarantees.secrets.rotate_without_deploy import ROTATED
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "secrets.exposure-process",
    seeds="M-S7 M-text",
    proof="drill",
    severity="high",
    nothing="no secret is declared on which a leak could be exercised",
)
def judge(fact: LeakHandled) -> Verdict:
    """A leak that was exercised with one secret."""
    if found := list(rotated.findings(_wrong(fact), fact.failure, fact.left, None)):
        return broken(*found)
    return _unseen(fact) or holds(_said(fact))


@judge.also
def judge_text(found: LeakRunbookChecked) -> Verdict:
    """One runbook for leaks, as it is written."""
    return as_written(found)


def _wrong(fact: LeakHandled) -> Iterator[Finding]:
    if fact.may_use is not None and not fact.may_use:
        yield Finding(
            "nobody-known",
            "nobody is declared to read it, so nobody knows whom a leak concerns",
            key="who",
            mend="declare who reads what: [[secret_manager.service]]",
        )
    if fact.rotation is not None:
        yield from rotated.wrong(fact.rotation)
    if fact.trail_tells is False:
        yield Finding(
            "no-trail",
            "a read of prodproof's own does not stand in the audit trail: nobody can say who read it",
            key="trail",
            mend="turn the audit trail of the secret's store on, and keep it where prodproof reads it",
        )


def _unseen(fact: LeakHandled) -> Verdict | None:
    clauses = {
        "whether the search finds what was planted": fact.canary_found or None,
        "where it lies": fact.places,
        "who may read it": fact.may_use,
        "what came of its rotation": fact.rotation,
        "who read it since": fact.readers,
        "the notification": fact.draft,
    }
    if cut_off := rotated.not_reached(fact.stopped, clauses):
        return cut_off
    if fact.unsearched:
        return unknown(Reason.INCOMPLETE, f"not searched: {fact.unsearched[0]}")
    assert fact.rotation is not None
    if unseen := rotated.unseen(fact.rotation):
        return unseen
    if untimed := next((phase.name for phase in fact.phases if phase.seconds is None), None):
        return unknown(Reason.INCOMPLETE, f"an interruption fell into {untimed}, so that it was not timed")
    return None


def _said(fact: LeakHandled) -> str:
    places, readers = len(fact.places or ()), len(fact.readers or ())
    left_out = f"; not looked for in {'; '.join(fact.left_out)}" if fact.left_out else ""
    return (
        f"{fact.runbook}: {len(fact.phases)} steps in {span(fact.took or 0.0)}; it lay in {places} places beside its "
        f"store, and {readers} logins read it since{left_out}"
    )


_HANDLED = LeakHandled(
    runbook="runbooks/leak.md",
    canary_found=True,
    places=(LeakPlace(place="log shop", path="shop.log"),),
    may_use=("shop",),
    using=("shop",),
    rotation=ROTATED,
    trail_tells=True,
    readers=(LeakReader(who="prodproof", times=1, last="2026-06-01T12:00:00Z"),),
    draft="A credential of ours became known to others",
    phases=(Phase(name="plant", seconds=1.0), Phase(name="tell-customers", seconds=60.0)),
    took=150.0,
)
_STOPPED = Unseen(Reason.NOT_CONFIGURED, "begin: no audit trail tells who reads database")
_READ = LeakRunbookChecked(path="runbooks/leak.md", owner="ana", steps=2, persons=1, prose=3)
_DEAD = RunbookProblem(3, "the link gone.md leads nowhere", RunbookProblemKind.LINK)
_AWAY = RunbookProblem(9, "close: there is no command ticket", RunbookProblemKind.PROGRAM)

EXAMPLES = (
    Example("followed to its end", _HANDLED, holds, says="2 steps in 2 min 30 s; it lay in 1 places"),
    Example(
        "a backup that is a repository",
        replace(_HANDLED, left_out=("database, for only what is restored from a repository (restic) can be searched",)),
        holds,
        says="not looked for in database, for only what is restored",
    ),
    Example("it lay nowhere else, and nobody read it", replace(_HANDLED, places=(), readers=()), holds),
    Example(
        "nobody knows who reads it",
        replace(_HANDLED, may_use=(), failure="who: nobody is declared to read it"),
        broken,
        says="nobody knows whom a leak concerns",
    ),
    Example(
        "its rotation drops requests",
        replace(_HANDLED, rotation=replace(ROTATED, old_refused=False), failure="refused: both are valid"),
        broken,
        says="the retired one is still accepted",
    ),
    Example("the trail is silent", replace(_HANDLED, trail_tells=False, readers=()), broken, says="audit trail"),
    Example(
        "the trail is silent, and both are valid",
        replace(_HANDLED, trail_tells=False, rotation=replace(ROTATED, old_refused=False)),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "a step of the runbook fails",
        replace(_HANDLED, failure="close-ticket: it ended with 1"),
        broken,
        says="close-ticket: it ended with 1",
    ),
    Example(
        "left behind", replace(_HANDLED, left=("plant: it is there",)), broken, says="could not be put back: plant"
    ),
    Example("no trail is declared", replace(_HANDLED, stopped=_STOPPED), unknown, reason=Reason.NOT_CONFIGURED),
    Example(
        "it does not find what was planted",
        replace(_HANDLED, canary_found=False),
        unknown,
        says="finds what was planted",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "not searched for", replace(_HANDLED, places=None), unknown, says="where it lies", reason=Reason.INCOMPLETE
    ),
    Example(
        "nobody asked who reads it",
        replace(_HANDLED, may_use=None),
        unknown,
        says="who may read it",
        reason=Reason.INCOMPLETE,
    ),
    Example("not rotated", replace(_HANDLED, rotation=None), unknown, says="its rotation", reason=Reason.INCOMPLETE),
    Example(
        "nobody asked the trail",
        replace(_HANDLED, trail_tells=None, readers=None),
        unknown,
        says="who read it since",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the trail tells, and not of whom",
        replace(_HANDLED, readers=None),
        unknown,
        says="who read it since",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "nothing was drafted", replace(_HANDLED, draft=None), unknown, says="notification", reason=Reason.INCOMPLETE
    ),
    Example(
        "a log that could not be read",
        replace(_HANDLED, unsearched=("nginx: refused",)),
        unknown,
        says="not searched: nginx",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "its rotation was interrupted",
        replace(_HANDLED, rotation=replace(ROTATED, took=None)),
        unknown,
        says="not timed",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a step that was interrupted",
        replace(_HANDLED, phases=(Phase(name="plant", seconds=None),)),
        unknown,
        says="fell into plant",
        reason=Reason.INCOMPLETE,
    ),
    Example("read, and all is there", _READ, holds, says="3 steps; what they name is there"),
    Example(
        "a dead link",
        replace(_READ, problems=(_DEAD,)),
        broken,
        says="runbooks/leak.md:3: the link gone.md leads nowhere",
    ),
    Example(
        "a step that nobody owns",
        replace(_READ, problems=(RunbookProblem(5, "tell: nobody owns it: whom=…", RunbookProblemKind.OWNER),)),
        broken,
        says="runbooks/leak.md:5: tell: nobody owns it",
    ),
    Example(
        "a program that is not on this machine",
        replace(_READ, problems=(_AWAY,)),
        holds,
        says="1 of its programs not on this machine",
    ),
    Example("a step of a person alone", replace(_READ, steps=0), holds, says="1 steps"),
    Example(
        "written for people alone",
        replace(_READ, steps=0, persons=0),
        unknown,
        says="no drill can follow it",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("nothing to do in it", replace(_READ, steps=0, persons=0, prose=0), broken, says="says nothing"),
)
