"""Measured recovery times and losses are within RTO and RPO.

Risk: A restore that takes nine hours is no restore if the shop may be closed for two.
Verified: The drill `restore` measures each part of the way back, from the choice of a backup to a server (and the
application, if it is declared) that answers; what it only looks at to see that the data are right is not counted. The
loss is the age of the newest thing that came back, when the drill began: of the newest heartbeat, else of the newest
transaction in the log, else of the backup by its own word. That word counts only where the copy was compared with what
it is a copy of. A log may end early because nothing was written: then an old end says nothing, and a heartbeat is
asked for. Whether the data are right is recovery.restore-tested; recovery to a moment is recovery.point-in-time, and
each declared scenario's own objectives are recovery.scenarios-distinct.
Mend: Time the restore drill from start to a validated service, and shorten its longest phase first. Back up more
often, or archive the log, until what would be lost is within the RPO.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.restores import ComparedWith, MomentBy, Phase, RestoreTested
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON


@guarantee("recovery.objectives-met", seeds="M-B9 H-7", proof="drill", severity="high")
def judge(fact: RestoreTested) -> Verdict:
    """One data store, restored."""
    if fact.failure:
        return unknown(Reason.INCOMPLETE, f"nothing was measured, for nothing came back: {fact.failure}")
    if findings := list(_findings(fact)):
        return broken(*findings)
    return _unmeasured(fact) or holds(
        f"back within {span(_took(fact))} of {span(fact.rto or 0)}; {span(fact.loss or 0)} lost of "
        f"{span(fact.rpo or 0)}, by {_BY[fact.recovered_by]}"
    )


def _findings(fact: RestoreTested) -> Iterator[Finding]:
    took = _took(fact)
    if fact.rto is not None and took > fact.rto:
        longest = max(_way(fact), key=lambda phase: phase.seconds or 0.0)
        yield Finding(
            "too-slow",
            f"the way back took {span(took)}, and may take {span(fact.rto)}; longest: {longest.name}",
            key="rto",
        )
    # A log that ends early may only mean that nobody wrote.
    if fact.rpo is not None and fact.loss is not None and fact.loss > fact.rpo and not _by_log(fact):
        yield Finding(
            "too-old",
            f"{span(fact.loss)} would be lost, and {span(fact.rpo)} may be (by {_BY[fact.recovered_by]})",
            key="rpo",
            mend="back up more often, or archive the log all the time; see why the newest backup is that old",
        )


def _unmeasured(fact: RestoreTested) -> Verdict | None:
    if fact.rto is None or fact.rpo is None:
        missing = "rto" if fact.rto is None else "rpo"
        return unknown(Reason.NOT_DECLARED, f"no objective is declared for it: {missing}")
    if not _way(fact):
        return unknown(Reason.INCOMPLETE, "no part of the way back was measured")
    if broken_off := [phase.name for phase in _way(fact) if phase.seconds is None]:
        return unknown(Reason.INCOMPLETE, f"an interruption fell into {broken_off[0]}, so that it was not measured")
    if fact.loss is None:
        return unknown(Reason.INCOMPLETE, "nothing says to which moment the data came back")
    if fact.loss > fact.rpo:
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            f"the newest transaction that came back is {span(fact.loss)} old: was nothing written since? A heartbeat "
            "would tell",
        )
    if fact.recovered_by is MomentBy.BACKUP and fact.compared_with is ComparedWith.NOTHING:
        return unknown(
            Reason.INSUFFICIENT_PROOF, "only the backup's own word says how old the data are; a heartbeat would tell"
        )
    return None


_BY = {
    MomentBy.HEARTBEAT: "the newest heartbeat",
    MomentBy.LOG: "the newest transaction in the log",
    MomentBy.BACKUP: "the backup's own word",
}


def _way(fact: RestoreTested) -> list[Phase]:
    return [phase for phase in fact.phases if not phase.proof]


def _took(fact: RestoreTested) -> float:
    return sum(phase.seconds for phase in _way(fact) if phase.seconds is not None)


def _by_log(fact: RestoreTested) -> bool:
    return fact.recovered_by is MomentBy.LOG


_GOOD = RestoreTested(
    backup="nightly",
    tool="dump",
    phases=(
        Phase(name="restore", seconds=1200.0),
        Phase(name="start-server", seconds=600.0),
        Phase(name="compare", seconds=9000.0, proof=True),
    ),
    compared_with=ComparedWith.SOURCE,
    tables=8,
    rows=1200,
    of_rows=True,
    recovered_to=NOON,
    recovered_by=MomentBy.HEARTBEAT,
    loss=300.0,
    rto=1800,
    rpo=300,
)
_CUT_OFF = (Phase(name="restore", seconds=None), Phase(name="start-server", seconds=600.0))

EXAMPLES = (
    Example("within both, to the second", _GOOD, holds, says="back within 30 min of 30 min; 5 min lost of 5 min"),
    Example("a second too slow", replace(_GOOD, rto=1799), broken, says="took 30 min, and may take 29 min 59 s"),
    Example("its longest part", replace(_GOOD, rto=60), broken, says="longest: restore"),
    Example("a second too old", replace(_GOOD, loss=301.0), broken, says="5 min 1 s would be lost, and 5 min may be"),
    Example("days and hours old", replace(_GOOD, loss=277261.0), broken, says="3 d 5 h would be lost"),
    Example("a day and a second old", replace(_GOOD, loss=86401.0), broken, says="1 d would be lost"),
    Example("an hour old", replace(_GOOD, loss=3600.0), broken, says="1 h would be lost"),
    Example("nothing is lost", replace(_GOOD, loss=0.0), holds, says="; 0 s lost of 5 min"),
    Example("three weeks old", replace(_GOOD, loss=21 * 86400.0), broken, says="21 d would be lost"),
    Example("too slow and too old", replace(_GOOD, rto=60, rpo=60), broken, says="(and 1 more)"),
    Example("too slow, and no RPO", replace(_GOOD, rto=60, rpo=None), broken, says="may take"),
    Example("too old, and no RTO", replace(_GOOD, rpo=60, rto=None), broken, says="would be lost"),
    Example("no RTO", replace(_GOOD, rto=None), unknown, says="rto", reason=Reason.NOT_DECLARED),
    Example("no RPO", replace(_GOOD, rpo=None), unknown, says="rpo", reason=Reason.NOT_DECLARED),
    Example(
        "an interruption",
        replace(_GOOD, phases=_CUT_OFF),
        unknown,
        says="fell into restore",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an interruption, and what was measured takes too long",
        replace(_GOOD, phases=_CUT_OFF, rto=599),
        broken,
        says="longest: start-server",
    ),
    Example(
        "an interruption of what nobody waits for",
        replace(_GOOD, phases=(*_GOOD.phases, Phase(name="check-pages", seconds=None, proof=True))),
        holds,
    ),
    Example(
        "nothing was measured",
        replace(_GOOD, phases=_GOOD.phases[2:]),
        unknown,
        says="no part of the way back",
        reason=Reason.INCOMPLETE,
    ),
    Example("no moment", replace(_GOOD, loss=None), unknown, says="to which moment", reason=Reason.INCOMPLETE),
    Example("by the log", replace(_GOOD, recovered_by=MomentBy.LOG), holds, says="by the newest transaction"),
    Example(
        "a log that ends early",
        replace(_GOOD, recovered_by=MomentBy.LOG, loss=301.0),
        unknown,
        says="was nothing written since",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "by the backup's own word, and compared with the source",
        replace(_GOOD, recovered_by=MomentBy.BACKUP),
        holds,
        says="by the backup's own word",
    ),
    Example(
        "by the backup's own word, and too old by that",
        replace(_GOOD, recovered_by=MomentBy.BACKUP, loss=301.0, compared_with=ComparedWith.NOTHING),
        broken,
        says="would be lost",
    ),
    Example(
        "by the backup's own word alone",
        replace(_GOOD, recovered_by=MomentBy.BACKUP, compared_with=ComparedWith.NOTHING),
        unknown,
        says="own word",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("by a heartbeat alone", replace(_GOOD, compared_with=ComparedWith.NOTHING), holds),
    Example(
        "it did not come back",
        replace(_GOOD, failure="restore: the backup is broken", rto=60),
        unknown,
        says="nothing came back: restore",
        reason=Reason.INCOMPLETE,
    ),
)
