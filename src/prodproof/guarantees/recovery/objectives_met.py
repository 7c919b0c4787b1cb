"""Measured recovery times and losses are within RTO and RPO.

Risk: A restore that takes nine hours is no restore if the shop may be closed for two.
Verified: The drill `restore` measures each part of the way back, from the choice of a backup to a server (and the
application, if it is declared) that answers; what it only looks at to see that the data are right is not counted. The
loss is the age of the newest thing that came back, when the drill began: of the newest heartbeat, else of the newest
transaction in the log, else of the backup by its own word. That word counts only where the copy was compared with what
it is a copy of. A log may end early because nothing was written: then an old end says nothing, and a heartbeat is
asked for. Both are held against the `rto` and `rpo` that are declared now, whatever they were when the drill was
carried out. Whether the data are right is recovery.restore-tested; recovery to a moment is recovery.point-in-time, and
each declared scenario's own objectives are recovery.scenarios-distinct.
Mend: Time the restore drill from start to a validated service, and shorten its longest phase first. Back up more
often, or archive the log, until what would be lost is within the RPO.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import ComparedWith, MomentBy, Phase, RestoreTested
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import NOON


@guarantee("recovery.objectives-met", seeds="M-B9 H-7", proof="drill", severity="high")
def judge(fact: RestoreTested, declared: DataStore | None) -> Verdict:
    """One data store, restored. Caches are declared and never restored: not every store must have been."""
    if fact.failure:
        return unknown(Reason.INCOMPLETE, f"nothing was measured, for nothing came back: {fact.failure}")
    rto, rpo = (declared.rto, declared.rpo) if declared else (None, None)
    if findings := list(_findings(fact, rto, rpo)):
        return broken(*findings)
    if rto is None or rpo is None:
        return unknown(Reason.NOT_DECLARED, f"no objective is declared for it: {'rto' if rto is None else 'rpo'}")
    return _measured(fact, rto, rpo)


def _findings(fact: RestoreTested, rto: int | None, rpo: int | None) -> Iterator[Finding]:
    took = _took(fact)
    if rto is not None and took > rto:
        longest = max(_way(fact), key=lambda phase: phase.seconds or 0.0)
        says = f"the way back took {span(took)}, and may take {span(rto)}; longest: {longest.name}"
        yield Finding("too-slow", says, key="rto")
    # A log that ends early may only mean that nobody wrote.
    if rpo is not None and fact.loss is not None and fact.loss > rpo and fact.recovered_by is not MomentBy.LOG:
        yield Finding(
            "too-old",
            f"{span(fact.loss)} would be lost, and {span(rpo)} may be (by {_BY[fact.recovered_by]})",
            key="rpo",
            mend="back up more often, or archive the log all the time; see why the newest backup is that old",
        )


def _measured(fact: RestoreTested, rto: int, rpo: int) -> Verdict:
    if not _way(fact):
        return unknown(Reason.INCOMPLETE, "no part of the way back was measured")
    if broken_off := [phase.name for phase in _way(fact) if phase.seconds is None]:
        return unknown(Reason.INCOMPLETE, f"an interruption fell into {broken_off[0]}, so that it was not measured")
    if fact.loss is None:
        return unknown(Reason.INCOMPLETE, "nothing says to which moment the data came back")
    if fact.loss > rpo:
        return unknown(
            Reason.INSUFFICIENT_PROOF,
            f"the newest transaction that came back is {span(fact.loss)} old: was nothing written since? A heartbeat "
            "would tell",
        )
    if fact.recovered_by is MomentBy.BACKUP and fact.compared_with is ComparedWith.NOTHING:
        return unknown(
            Reason.INSUFFICIENT_PROOF, "only the backup's own word says how old the data are; a heartbeat would tell"
        )
    return holds(
        f"back within {span(_took(fact))} of {span(rto)}; {span(fact.loss)} lost of {span(rpo)}, "
        f"by {_BY[fact.recovered_by]}"
    )


_BY = {
    MomentBy.HEARTBEAT: "the newest heartbeat",
    MomentBy.LOG: "the newest transaction in the log",
    MomentBy.BACKUP: "the backup's own word",
}


def _way(fact: RestoreTested) -> list[Phase]:
    return [phase for phase in fact.phases if not phase.proof]


def _took(fact: RestoreTested) -> float:
    return sum(phase.seconds for phase in _way(fact) if phase.seconds is not None)


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
)
_STORE = DataStore(name="database", kind="postgres", rto=1800, rpo=300)
_CUT_OFF = (Phase(name="restore", seconds=None), Phase(name="start-server", seconds=600.0))

EXAMPLES = (
    Example(
        "within both, to the second", _GOOD, holds, _STORE, says="back within 30 min of 30 min; 5 min lost of 5 min"
    ),
    Example(
        "a second too slow", _GOOD, broken, replace(_STORE, rto=1799), says="took 30 min, and may take 29 min 59 s"
    ),
    Example("its longest part", _GOOD, broken, replace(_STORE, rto=60), says="longest: restore"),
    Example(
        "a second too old", replace(_GOOD, loss=301.0), broken, _STORE, says="5 min 1 s would be lost, and 5 min may be"
    ),
    Example("days and hours old", replace(_GOOD, loss=277261.0), broken, _STORE, says="3 d 5 h would be lost"),
    Example("a day and a second old", replace(_GOOD, loss=86401.0), broken, _STORE, says="1 d 1 s would be lost"),
    Example("an hour old", replace(_GOOD, loss=3600.0), broken, _STORE, says="1 h would be lost"),
    Example("nothing is lost", replace(_GOOD, loss=0.0), holds, _STORE, says="; 0 s lost of 5 min"),
    Example("three weeks old", replace(_GOOD, loss=21 * 86400.0), broken, _STORE, says="21 d would be lost"),
    Example("too slow and too old", _GOOD, broken, replace(_STORE, rto=60, rpo=60), says="(and 1 more)"),
    Example("too slow, and no RPO", _GOOD, broken, replace(_STORE, rto=60, rpo=None), says="may take"),
    Example("too old, and no RTO", _GOOD, broken, replace(_STORE, rpo=60, rto=None), says="would be lost"),
    Example("no RTO", _GOOD, unknown, replace(_STORE, rto=None), says="rto", reason=Reason.NOT_DECLARED),
    Example("no RPO", _GOOD, unknown, replace(_STORE, rpo=None), says="rpo", reason=Reason.NOT_DECLARED),
    Example("the store is not declared any more", _GOOD, unknown, says="rto", reason=Reason.NOT_DECLARED),
    Example(
        "within the objectives of the day of the drill, and too slow for those of today",
        replace(_GOOD, rto=7200, rpo=7200),
        broken,
        replace(_STORE, rto=600),
        says="may take 10 min",
    ),
    Example(
        "too slow on the day of the drill, and the objective was found too strict since",
        replace(_GOOD, rto=600, rpo=60),
        holds,
        _STORE,
    ),
    Example(
        "an interruption",
        replace(_GOOD, phases=_CUT_OFF),
        unknown,
        _STORE,
        says="fell into restore",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an interruption, and what was measured takes too long",
        replace(_GOOD, phases=_CUT_OFF),
        broken,
        replace(_STORE, rto=599),
        says="longest: start-server",
    ),
    Example(
        "an interruption of what nobody waits for",
        replace(_GOOD, phases=(*_GOOD.phases, Phase(name="check-pages", seconds=None, proof=True))),
        holds,
        _STORE,
    ),
    Example(
        "nothing was measured",
        replace(_GOOD, phases=_GOOD.phases[2:]),
        unknown,
        _STORE,
        says="no part of the way back",
        reason=Reason.INCOMPLETE,
    ),
    Example("no moment", replace(_GOOD, loss=None), unknown, _STORE, says="to which moment", reason=Reason.INCOMPLETE),
    Example("by the log", replace(_GOOD, recovered_by=MomentBy.LOG), holds, _STORE, says="by the newest transaction"),
    Example(
        "a log that ends early",
        replace(_GOOD, recovered_by=MomentBy.LOG, loss=301.0),
        unknown,
        _STORE,
        says="was nothing written since",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example(
        "by the backup's own word, and compared with the source",
        replace(_GOOD, recovered_by=MomentBy.BACKUP),
        holds,
        _STORE,
        says="by the backup's own word",
    ),
    Example(
        "by the backup's own word, and too old by that",
        replace(_GOOD, recovered_by=MomentBy.BACKUP, loss=301.0, compared_with=ComparedWith.NOTHING),
        broken,
        _STORE,
        says="would be lost",
    ),
    Example(
        "by the backup's own word alone",
        replace(_GOOD, recovered_by=MomentBy.BACKUP, compared_with=ComparedWith.NOTHING),
        unknown,
        _STORE,
        says="own word",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("by a heartbeat alone", replace(_GOOD, compared_with=ComparedWith.NOTHING), holds, _STORE),
    Example(
        "it did not come back",
        replace(_GOOD, failure="restore: the backup is broken"),
        unknown,
        replace(_STORE, rto=60),
        says="nothing came back: restore",
        reason=Reason.INCOMPLETE,
    ),
)
