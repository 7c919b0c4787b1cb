"""A restoration runbook has concrete steps that any team member can follow under pressure.

Risk: At three in the morning nobody reconstructs a procedure from old chat messages.
Verified: The runbook is executable: the drill `scenario` follows its steps. Where a command, file or link that it names
is not there, it stops before anything is done. Whoever carried it out last, and answered for its steps, was not its
author: who wrote the steps as they stand says the history of their lines, and the roster. From inside, each runbook of
a scenario is read and not run: a command or file of the repository, a link or a person that is not there breaks it.
Programs are looked for on the machine that runs the drill; links to sites that are not declared are not asked, and
pages that could not be read are counted. Prose that no drill can follow is unknown.
Mend: Write the steps as commands, have somebody else than the author follow them, and mend every place where they
stop.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import Scenario, ScenarioKind
from prodproof.facts.runbooks import RecoveryRunbookChecked, RunbookProblem, RunbookProblemKind
from prodproof.facts.scenarios import ScenarioPractised
from prodproof.guarantees._runbooks import as_written, findings_of
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("recovery.runbook", seeds="M-B7 M-text", proof="drill", severity="high")
def judge(practised: ScenarioPractised, declared: Scenario) -> Verdict:
    """One scenario whose runbook was followed."""
    if practised.runbook != declared.runbook:
        return unknown(Reason.STALE, f"{practised.runbook} was followed; now it is another one")
    if practised.problems:
        return broken(*findings_of(practised.runbook, practised.problems))
    if practised.stopped:
        return broken(
            Finding("stopped", f"it stops at the step {practised.stopped}: {practised.failure}", key=practised.stopped)
        )
    if practised.failure and practised.kind is ScenarioKind.SERVICE_RESTART:
        return broken(Finding("in-vain", f"its steps did not bring the service back: {practised.failure}", key="vain"))
    if practised.followed < practised.steps + practised.persons:
        return unknown(Reason.INCOMPLETE, f"it was not followed to its end: {practised.failure}")
    return _by_whom(practised)


def _by_whom(practised: ScenarioPractised) -> Verdict:
    if practised.authors is None or not (practised.authors or practised.strangers):
        return unknown(Reason.INCOMPLETE, "no history says who wrote it")
    if same := sorted({*practised.authors} & {*practised.followed_by}):
        names = ", ".join(same)
        return broken(
            Finding(
                "by-its-author",
                f"{names} wrote its steps, and carried them out last",
                key="author",
                mend="let somebody else of the team carry it out",
            )
        )
    if practised.strangers:
        return unknown(Reason.NOT_DECLARED, f"{practised.strangers} of those who wrote it are nobody of the roster")
    if practised.unknown_followers or not practised.followed_by:
        return unknown(Reason.NOT_DECLARED, "who carried it out is nobody of the roster")
    who = ", ".join(practised.followed_by)
    return holds(f"{practised.followed} steps, carried out by {who}, who did not write them")


@judge.also
def judge_text(found: RecoveryRunbookChecked) -> Verdict:
    """One runbook, as it is written."""
    return as_written(found)


_PATH = "runbooks/database.md#the-host-is-gone"
_SCENARIO = Scenario(name="the host is gone", kind=ScenarioKind.TOTAL_LOSS, rto=3600, rpo=300, runbook=_PATH)
_WHOLE = ScenarioPractised(
    store="database",
    scenario="the host is gone",
    kind=ScenarioKind.TOTAL_LOSS,
    runbook=_PATH,
    steps=3,
    persons=1,
    followed=4,
    authors=("ben",),
    followed_by=("ana", "cem"),
    took=900.0,
    loss=12.0,
)
_LATE = replace(_WHOLE, failure="conclude: the data are whole and too old")
_PROBLEM = RunbookProblem(12, "restore: there is no command pg_restoer", RunbookProblemKind.PROGRAM)
_GONE = RunbookProblem(12, "restore: there is no command ./restore.sh", RunbookProblemKind.COMMAND)
_READ = RecoveryRunbookChecked(path=_PATH, owner="ana", steps=3, persons=1, prose=4)

EXAMPLES = (
    Example("followed by somebody else", _WHOLE, holds, _SCENARIO, says="4 steps, carried out by ana, cem"),
    Example(
        "a step whose command does not exist",
        replace(_WHOLE, problems=(_PROBLEM,), followed=0, failure="check-runbook: …"),
        broken,
        _SCENARIO,
        says="runbooks/database.md:12: restore: there is no command pg_restoer",
    ),
    Example(
        "a step that fails",
        replace(_WHOLE, stopped="restore", followed=1, failure="runbook-restore: exit code 1"),
        broken,
        _SCENARIO,
        says="it stops at the step restore",
    ),
    Example(
        "a restart that was followed in vain",
        replace(_WHOLE, kind=ScenarioKind.SERVICE_RESTART, failure="answer: the service does not answer"),
        broken,
        _SCENARIO,
        says="did not bring the service back",
    ),
    Example("a restart that was followed", replace(_WHOLE, kind=ScenarioKind.SERVICE_RESTART), holds, _SCENARIO),
    Example("followed, and the data are too old", _LATE, holds, _SCENARIO),
    Example(
        "the backup did not come back, so nothing could be followed",
        replace(_LATE, followed=0),
        unknown,
        _SCENARIO,
        says="not followed to its end",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the person's step was not done",
        replace(_LATE, followed=3),
        unknown,
        _SCENARIO,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "followed by its author",
        replace(_WHOLE, authors=("ana", "ben")),
        broken,
        _SCENARIO,
        says="ana wrote its steps, and carried them out last",
    ),
    Example(
        "no history",
        replace(_WHOLE, authors=None, strangers=1),
        unknown,
        _SCENARIO,
        says="no history says who wrote it",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a history that names nobody",
        replace(_WHOLE, authors=()),
        unknown,
        _SCENARIO,
        says="no history says who wrote it",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "written by somebody who is not on the roster",
        replace(_WHOLE, authors=(), strangers=1),
        unknown,
        _SCENARIO,
        says="1 of those who wrote it",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "carried out by an account that is nobody's",
        replace(_WHOLE, followed_by=(), unknown_followers=1),
        unknown,
        _SCENARIO,
        says="who carried it out is nobody of the roster",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "a step answered by nobody of the roster",
        replace(_WHOLE, unknown_followers=1),
        unknown,
        _SCENARIO,
        reason=Reason.NOT_DECLARED,
    ),
    Example("carried out by nobody", replace(_WHOLE, followed_by=()), unknown, _SCENARIO, reason=Reason.NOT_DECLARED),
    Example(
        "another runbook is declared now",
        _WHOLE,
        unknown,
        replace(_SCENARIO, runbook="runbooks/loss.md"),
        says="now it is another one",
        reason=Reason.STALE,
    ),
    Example("read, and all is there", _READ, holds, says="4 steps; what they name is there"),
    Example(
        "a program that is not on this machine, and a link that nobody asks",
        replace(_READ, problems=(_PROBLEM,), unasked=("https://elsewhere.example/",)),
        holds,
        says="1 of its programs not on this machine; 1 links not followed",
    ),
    Example(
        "a command of the repository that is not there",
        replace(_READ, problems=(_GONE, _PROBLEM)),
        broken,
        says="there is no command ./restore.sh",
    ),
    Example("steps of persons alone", replace(_READ, steps=0), holds, says="1 steps"),
    Example("nothing that is for people alone", replace(_READ, prose=0), holds),
    Example("one of each", replace(_READ, steps=1), holds, says="2 steps"),
    Example(
        "written for people alone",
        replace(_READ, steps=0, persons=0),
        unknown,
        says="no drill can follow it",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("nothing to do in it", replace(_READ, steps=0, persons=0, prose=0), broken, says="says nothing"),
)
