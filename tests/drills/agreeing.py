"""What a drill says of itself, and what its judge says of the fact that it told: the same, or for a reason."""

from prodproof.facts import Reason, Unseen
from prodproof.facts.alert_drills import WithheldBackup
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import DataStore, DjangoApp, Rehearsal, RotationKind, Secret, SecretRotation
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.facts.leaks import LeakHandled
from prodproof.facts.restores import PointInTimeTested, RestoreTested
from prodproof.facts.rollbacks import RollbackTried
from prodproof.facts.rotations import RotationTested
from prodproof.guarantees import catalogue
from prodproof.verdicts import Kind, Verdict
from prodproof.verdicts.example import NOON

CLAIMS: dict[type[object], str] = {
    RestoreTested: "recovery.restore-tested",
    PointInTimeTested: "recovery.point-in-time",
    RotationTested: "secrets.rotate-without-deploy",
    LeakHandled: "secrets.exposure-process",
    WithheldBackup: "recovery.failures-detected",
    RollbackTried: "delivery.rollback-tested",
}
"""The claim that is about what a drill concludes."""

PREPARING = ("versions: ", "scratch-database: ", "withhold: ")
"""Steps in which the drills `rollback` and `withhold-backup` only make what they need."""


def verdict(claim: str, fact: object) -> Verdict:
    """What a judge of a claim says of a fact as the ledger keeps it."""
    guarantee = next(entry.guarantee for entry in catalogue() if entry.id == claim)
    judge = next(judge for judge in guarantee.judges if isinstance(fact, judge.fact))
    return judge(decode(judge.fact, encode(fact)), _declared(fact), NOON)


def _declared(fact: object) -> object | None:
    """What it was carried out for, with the objectives of then."""
    match fact:
        case RestoreTested():
            return DataStore(name="shop", kind="x", rto=fact.rto, rpo=fact.rpo)
        case RotationTested():
            rotation = SecretRotation(kind=RotationKind(fact.kind), within=fact.objective)
            return Secret(name="shop", ref="env:SHOP", rotation=rotation)
        case RollbackTried():
            objective = None if fact.objective is None else int(fact.objective)
            rehearsal = Rehearsal(manage=("x",), objective=objective)
            return DjangoApp(environment="production", manage=("x",), rollback=rehearsal)
    return None


def agreed(run: DrillRun, fact: object) -> None:
    """Assert that a judge says of a drill's fact what the drill said of itself."""
    if isinstance(fact, Unseen):
        # What failed must be told. But that a drill's own preparations fail says nothing of what it is about.
        ours = run.outcome is DrillOutcome.FAILED and run.detail.startswith(PREPARING)
        assert run.outcome is DrillOutcome.NOT_PROVEN or ours, f"it failed, and is unseen: {run.detail}"
        return
    said = verdict(CLAIMS[type(fact)], fact)
    match run.outcome:
        case DrillOutcome.PROVEN if run.interruptions or run.left:
            # What was interrupted was not timed, and what is left behind is not well.
            expected = {Kind.UNKNOWN, Kind.HOLDS, Kind.BROKEN}
        case DrillOutcome.PROVEN if said.reason is Reason.NOT_DECLARED:
            expected = {Kind.UNKNOWN}  # no objective is declared that it could be held to
        case DrillOutcome.PROVEN if isinstance(fact, LeakHandled) and fact.unsearched:
            expected = {Kind.UNKNOWN}  # the drill names what it could not search, and goes on
        case DrillOutcome.PROVEN:
            expected = {Kind.HOLDS}
        case DrillOutcome.FAILED if isinstance(fact, RestoreTested) and "too old" in run.detail:
            # That the data are right is one claim, and that they are new enough another.
            expected = {Kind.HOLDS}
            assert verdict("recovery.objectives-met", fact).kind is Kind.BROKEN
        case DrillOutcome.FAILED if isinstance(fact, LeakHandled) and fact.canary_found is False:
            expected = {Kind.UNKNOWN, Kind.BROKEN}  # it is our own search that saw nothing
        case DrillOutcome.FAILED:
            expected = {Kind.BROKEN}
        case DrillOutcome.NOT_PROVEN if isinstance(fact, RestoreTested) and "was nothing written since" in run.detail:
            expected = {Kind.HOLDS}
            assert verdict("recovery.objectives-met", fact).kind is Kind.UNKNOWN
        case DrillOutcome.NOT_PROVEN:
            expected = {Kind.UNKNOWN}
            if run.left or getattr(fact, "differences", ()):
                expected = {Kind.BROKEN}
    assert said.kind in expected, f"{run.outcome}: {run.detail}; {said.kind}: {said.message}"
