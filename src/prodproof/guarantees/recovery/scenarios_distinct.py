"""Restarting a service, undoing logical corruption and recovering from total loss each have their own practised
path.

Risk: Restarting a service, undoing a bad write and losing the host are three different nights, and one plan fits
none of them.
Verified: The drill `scenario`, one for each declared scenario: its runbook is followed, its way back measured and held
against its own time and its own loss. From inside: each data store declares the ways of losing it, each with an own
objective and an own runbook, or an own heading of one. All three for what runs as a service; what lies in a file
(SQLite) is not restarted; files and buckets have one way back, and a cache is only restarted.
Mend: Give each scenario its own objective and runbook, and practise each.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.declared import Scenario, ScenarioKind
from prodproof.facts.scenarios import DeclaredScenario, ScenarioPractised, ScenariosDeclared
from prodproof.guarantees._spans import span
from prodproof.guarantees.recovery._stores import ways_of_losing
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

RESTART, CORRUPTION, LOSS = ScenarioKind.SERVICE_RESTART, ScenarioKind.LOGICAL_CORRUPTION, ScenarioKind.TOTAL_LOSS


@guarantee("recovery.scenarios-distinct", seeds="M-text", proof="drill", severity="medium")
def judge(practised: ScenarioPractised, declared: Scenario) -> Verdict:
    """One scenario that was practised."""
    if (practised.kind, practised.runbook) != (declared.kind, declared.runbook):
        return unknown(Reason.STALE, "it was practised before its kind or its runbook was changed")
    if findings := list(_findings(practised, declared)):
        return broken(*findings)
    if practised.failure:
        return broken(Finding("failed", f"it was practised, and failed: {practised.failure}", key="failed"))
    if declared.rto is None:
        return unknown(Reason.NOT_DECLARED, "no time is declared within which it must be over: rto")
    if practised.took is None:
        return unknown(Reason.INCOMPLETE, "how long it took was not measured: an interruption fell into it")
    took = f"{span(practised.took)} of {span(declared.rto)}"
    if practised.kind is RESTART:
        if practised.unanswered is None:
            return unknown(Reason.INCOMPLETE, "for how long the service was silent was not counted: an interruption")
        return holds(took)
    if declared.rpo is None:
        return unknown(Reason.NOT_DECLARED, "nothing says how much may be lost: rpo")
    if practised.loss is None:
        return unknown(Reason.INCOMPLETE, "how much would have been lost was not measured")
    return holds(f"{took}; {span(practised.loss)} lost, of {span(declared.rpo)}")


def _findings(practised: ScenarioPractised, declared: Scenario) -> Iterator[Finding]:
    measured = [seconds for seconds in (practised.took, practised.unanswered) if seconds is not None]
    if declared.rto is not None and measured and max(measured) > declared.rto:
        says = f"its way back took {span(max(measured))}; it may take {span(declared.rto)}"
        yield Finding("too-slow", says, key="rto")
    if declared.rpo is not None and practised.loss is not None and practised.loss > declared.rpo:
        says = f"{span(practised.loss)} of the latest data would be lost; {span(declared.rpo)} may be"
        yield Finding("too-much-lost", says, key="rpo")


@judge.also
def judge_declared(found: ScenariosDeclared) -> Verdict:
    """What is declared of one data store: this can break the claim, and never make it hold."""
    if findings := list(_missing(found)):
        return broken(*findings)
    return holds(f"{len(found.scenarios)} ways of losing it are declared")


def _missing(found: ScenariosDeclared) -> Iterator[Finding]:
    known = [item for item in found.scenarios if item.kind is not None]
    for kind in ways_of_losing(found.kind):
        if kind not in [item.kind for item in known]:
            says = f"nobody has declared what happens at a {kind.value.replace('-', ' ')}"
            yield Finding("no-scenario", says, key=kind.value, mend=f'[[data_store.scenario]] kind = "{kind.value}"')
    for item in known:
        lacks = ["rto"] * (item.rto is None) + ["rpo"] * (item.rpo is None and item.kind is not RESTART)
        if lacks:
            says = f"{item.name} has no objective of its own: {' and '.join(lacks)}"
            yield Finding("no-objective", says, key=item.name)
        if item.runbook is None:
            yield Finding("no-runbook", f"{item.name} has no runbook", key=item.name)
    for one, other in combinations(known, 2):
        if one.kind != other.kind and one.runbook and other.runbook and _overlap(one.runbook, other.runbook):
            says = f"{one.name} and {other.name} have the same runbook"
            yield Finding(
                "shared-runbook", says, key=f"{one.name}, {other.name}", mend="give each a heading of its own"
            )


def _overlap(one: str, other: str) -> bool:
    """Whether two runbooks are the same, or one is a part of the other."""
    (file, _, heading), (other_file, _, other_heading) = one.partition("#"), other.partition("#")
    return file == other_file and (heading == other_heading or not heading or not other_heading)


_BOOK = "runbooks/database.md"
_DELETED = Scenario(name="a table was deleted", kind=CORRUPTION, rto=7200, rpo=300, runbook=f"{_BOOK}#deleted")
_STOPPED = Scenario(name="it stopped", kind=RESTART, rto=300, runbook=f"{_BOOK}#stopped")
_BACK = ScenarioPractised(
    store="database",
    scenario="a table was deleted",
    kind=CORRUPTION,
    runbook=f"{_BOOK}#deleted",
    steps=2,
    followed=2,
    took=3600.0,
    loss=12.0,
)
_ANSWERS = ScenarioPractised(
    store="database",
    scenario="it stopped",
    kind=RESTART,
    runbook=f"{_BOOK}#stopped",
    steps=1,
    followed=1,
    took=40.0,
    unanswered=30.0,
)
_THREE = (
    DeclaredScenario(name="it stopped", kind=RESTART, rto=300, runbook=f"{_BOOK}#stopped"),
    DeclaredScenario(name="deleted", kind=CORRUPTION, rto=7200, rpo=300, runbook=f"{_BOOK}#deleted"),
    DeclaredScenario(name="gone", kind=LOSS, rto=14400, rpo=300, runbook=f"{_BOOK}#gone"),
)
_ALL = ScenariosDeclared(kind="postgres", scenarios=_THREE)


def _but(number: int, **changes: Any) -> ScenariosDeclared:
    """All three, and one of them otherwise."""
    return replace(
        _ALL, scenarios=tuple(replace(item, **changes) if at == number else item for at, item in enumerate(_THREE))
    )


EXAMPLES = (
    Example("corrupted data came back in time", _BACK, holds, _DELETED, says="1 h of 2 h; 12 s lost, of 5 min"),
    Example("a service came back in time", _ANSWERS, holds, _STOPPED, says="40 s of 5 min"),
    Example(
        "an interruption, while the service may have been silent",
        replace(_ANSWERS, unanswered=None),
        unknown,
        _STOPPED,
        says="for how long the service was silent",
        reason=Reason.INCOMPLETE,
    ),
    Example("at its very objectives", replace(_BACK, took=7200.0, loss=300.0), holds, _DELETED),
    Example(
        "it took too long",
        replace(_BACK, took=9000.0, failure="conclude: …"),
        broken,
        _DELETED,
        says="its way back took 2 h 30 min; it may take 2 h",
    ),
    Example("a second too long", replace(_BACK, took=7201.0), broken, _DELETED),
    Example(
        "too much was lost",
        replace(_BACK, loss=301.0),
        broken,
        _DELETED,
        says="5 min 1 s of the latest data would be lost; 5 min may be",
    ),
    Example(
        "silent for longer than it may",
        replace(_ANSWERS, took=None, unanswered=301.0),
        broken,
        _STOPPED,
        says="its way back took 5 min 1 s; it may take 5 min",
    ),
    Example(
        "back in time by the runbook's clock, and silent for longer",
        replace(_ANSWERS, unanswered=301.0),
        broken,
        _STOPPED,
        says="its way back took 5 min 1 s",
    ),
    Example(
        "the way back failed",
        replace(_BACK, took=None, loss=None, failure="restore: the backup is broken"),
        broken,
        _DELETED,
        says="it was practised, and failed: restore: the backup is broken",
    ),
    Example(
        "no time is declared",
        _BACK,
        unknown,
        replace(_DELETED, rto=None),
        says="no time is declared",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "an interruption fell into it",
        replace(_BACK, took=None),
        unknown,
        _DELETED,
        says="was not measured: an interruption",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "nothing says how much may be lost",
        _BACK,
        unknown,
        replace(_DELETED, rpo=None),
        says="nothing says how much may be lost",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "nobody measured what was lost",
        replace(_BACK, loss=None),
        unknown,
        _DELETED,
        says="would have been lost was not measured",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "another runbook is declared now",
        _BACK,
        unknown,
        replace(_DELETED, runbook=_BOOK),
        says="before its kind or its runbook was changed",
        reason=Reason.STALE,
    ),
    Example("another kind is declared now", _BACK, unknown, replace(_DELETED, kind=LOSS), reason=Reason.STALE),
    Example("all three are declared", _ALL, holds, says="3 ways of losing it are declared"),
    Example(
        "a scenario that nobody has thought of",
        replace(_ALL, scenarios=_THREE[:2]),
        broken,
        says="nobody has declared what happens at a total loss",
    ),
    Example("scenarios without a kind", _but(2, kind=None), broken, says="total loss"),
    Example(
        "one that has no kind, beside the three",
        replace(_ALL, scenarios=(*_THREE, DeclaredScenario(name="stolen"))),
        holds,
    ),
    Example("without a time of its own", _but(0, rto=None), broken, says="it stopped has no objective of its own: rto"),
    Example(
        "nothing says how much of it may be lost",
        _but(2, rpo=None),
        broken,
        says="gone has no objective of its own: rpo",
    ),
    Example("without a runbook", _but(2, runbook=None), broken, says="gone has no runbook"),
    Example("the first without a runbook", _but(0, runbook=None), broken, says="it stopped has no runbook"),
    Example(
        "two ways with one runbook",
        _but(2, runbook=f"{_BOOK}#deleted"),
        broken,
        says="deleted and gone have the same runbook",
    ),
    Example(
        "one has the whole document", _but(2, runbook=_BOOK), broken, says="it stopped and gone have the same runbook"
    ),
    Example(
        "the first has the whole document",
        _but(0, runbook=_BOOK),
        broken,
        says="it stopped and deleted have the same runbook",
    ),
    Example("the same heading of another document", _but(2, runbook="runbooks/loss.md#deleted"), holds),
    Example(
        "two corruptions with one runbook",
        replace(_ALL, scenarios=(*_THREE, replace(_THREE[1], name="a bad migration"))),
        holds,
    ),
    Example("SQLite is not restarted", ScenariosDeclared(kind="sqlite", scenarios=_THREE[1:]), holds),
    Example("SQLite is corrupted", ScenariosDeclared(kind="sqlite", scenarios=_THREE[2:]), broken, says="corruption"),
    Example("files have one way back", ScenariosDeclared(kind="files", scenarios=_THREE[2:]), holds),
    Example("a bucket has one way back", ScenariosDeclared(kind="bucket", scenarios=_THREE[2:]), holds),
    Example("a folder is files", ScenariosDeclared(kind="folder", scenarios=_THREE[2:]), holds),
    Example("files without it", ScenariosDeclared(kind="files", scenarios=_THREE[:2]), broken, says="total loss"),
    Example("a bucket without it", ScenariosDeclared(kind="bucket"), broken, says="total loss"),
    Example("a cache is restarted", ScenariosDeclared(kind="cache", scenarios=_THREE[:1]), holds),
    Example("a cache that nobody restarts", ScenariosDeclared(kind="cache"), broken, says="service restart"),
)
