"""From evidence to the verdict of one guarantee.

The engine, not the author of a judge, answers unknown wherever nothing was seen: no survey, an incomplete one, an
unseen or stale subject, a declared subject that is missing, evidence below the floor. Less access never improves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import DataStore, Declared, EntryPoint, Host, Repository, Zone
from prodproof.verdicts.guarantee import BoundJudge, Guarantee
from prodproof.verdicts.verdict import Finding, Kind, Verdict, fold, unknown

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the judging clock an observation may be dated before it counts as stale."""

LISTED_TYPES = (EntryPoint, Host, Zone, DataStore, Repository)
"""Declared types whose every item must have been observed."""

IMPLIED = {Proof.ACTIVE: frozenset({Proof.OUTSIDE})}
"""Kinds of evidence that carry a weaker kind in themselves."""

_IN_WORDS = {
    Proof.RECORD: "a dated record",
    Proof.INSIDE: "a look from inside",
    Proof.OUTSIDE: "a look from outside",
    Proof.ACTIVE: "test traffic",
    Proof.DRILL: "a drill",
}


@dataclass(frozen=True)
class Evidence:
    """What is known, by type of fact; several surveys of one type add up (one per repository, per host)."""

    surveys: Mapping[type[Any], tuple[Survey[Any], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, surveys: Iterable[Survey[Any]]) -> "Evidence":
        """Group surveys by their type of fact."""
        grouped: dict[type[Any], tuple[Survey[Any], ...]] = {}
        for survey in surveys:
            grouped[survey.fact] = (*grouped.get(survey.fact, ()), survey)
        return cls(grouped)


@dataclass(frozen=True)
class Row:
    """One line of a guarantee's answer: a subject, and one finding if it is broken."""

    subject: Subject
    verdict: Verdict
    finding: Finding | None = None
    finding_id: str | None = None
    observed_at: datetime | None = None
    expires_at: datetime | None = None
    vantage: str | None = None
    proof: Proof | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """The answer to one guarantee."""

    guarantee: Guarantee
    kind: Kind
    reason: Reason | None
    message: str
    rows: tuple[Row, ...]
    expires_at: datetime | None = None
    """When the first of the evidence that it rests on runs out."""


def decide(
    guarantee: Guarantee,
    evidence: Evidence,
    declared: Declared,
    at: datetime,
    commits: frozenset[str] | None = None,
) -> Result:
    """Judge one guarantee from what is known.

    Args:
        guarantee: the claim.
        evidence: surveys by type of fact.
        declared: the system, for one environment.
        at: the one clock reading of the run, UTC.
        commits: the commits that are being asked about; repository facts of others are stale. None: any.
    """
    system = Subject("system", declared.system)
    exemption = next((item for item in declared.not_applicable if item.guarantee == guarantee.id), None)
    exempt = Verdict(Kind.NOT_APPLICABLE, f"{exemption.owner}: {exemption.reason}") if exemption else None
    if not guarantee.judges:
        verdict = exempt or unknown(Reason.NOT_VERIFIABLE_YET, "this version cannot verify it yet")
        return _whole(guarantee, verdict, system)
    rows = tuple(row for judge in guarantee.judges for row in _rows(guarantee, judge, evidence, declared, at, commits))
    if not rows:
        return _whole(guarantee, exempt or _when_none(guarantee), system)
    kind = fold(tuple(row.verdict.kind for row in rows))
    expires = min((row.expires_at for row in rows if row.expires_at), default=None)
    if kind is Kind.HOLDS and (short := _short_of_proof(guarantee, rows)):
        return Result(guarantee, Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF, short, rows, expires)
    leading = next(row for row in rows if row.verdict.kind is kind)
    return Result(guarantee, kind, leading.verdict.reason, _headline(kind, rows), rows, expires)


def _rows(
    guarantee: Guarantee,
    judge: BoundJudge,
    evidence: Evidence,
    declared: Declared,
    at: datetime,
    commits: frozenset[str] | None,
) -> Iterable[Row]:
    system = Subject("system", declared.system)
    surveys = evidence.surveys.get(judge.fact, ())
    if not surveys:
        yield Row(system, unknown(Reason.NEVER_RUN, "nobody has looked yet"))
        return
    observations: dict[Subject, list[tuple[Observation[Any], object]]] = {}
    wanted: set[Subject] = set()
    for survey in surveys:
        wanted.update(survey.listed)
        for observation in survey.observations:
            observations.setdefault(observation.subject, []).append((observation, survey.about))
        for gap in survey.gaps:
            yield Row(system, unknown(gap.why, gap.detail))
    if judge.declared in LISTED_TYPES and not judge.declared_optional:
        assert judge.declared is not None
        wanted |= declared.subjects(judge.declared)
    for subject in sorted(wanted):
        if subject not in observations:
            yield Row(subject, unknown(Reason.INCOMPLETE, "listed or declared, but not observed"))
        for observation, looked_at in observations.get(subject, ()):
            about = _about(judge, subject, looked_at, declared)
            place = _place(subject, looked_at, declared)
            yield from _judged(guarantee, judge, observation, about, place, at, commits)


def _about(judge: BoundJudge, subject: Subject, looked_at: object, declared: Declared) -> object | None:
    """The declared thing that a judge asks for: the one that was looked at, where several have that subject."""
    if judge.declared is None:
        return None
    same = isinstance(looked_at, judge.declared) and getattr(looked_at, "subject", None) == subject
    about: object | None = looked_at if same else declared.find(judge.declared, subject)
    return about


def _place(subject: Subject, looked_at: object, declared: Declared) -> str:
    """The address of an entry point, unless it is the first one with that subject: its findings have ids of their own,
    so that what is waived for one stays a finding of the other."""
    if not isinstance(looked_at, EntryPoint) or looked_at.subject != subject:
        return ""
    return "" if declared.find(EntryPoint, subject) == looked_at else looked_at.url


def _judged(
    guarantee: Guarantee,
    judge: BoundJudge,
    observation: Observation[Any],
    about: object | None,
    place: str,
    at: datetime,
    commits: frozenset[str] | None,
) -> Iterable[Row]:
    expires = observation.at + guarantee.good_for

    def row(verdict: Verdict, finding: Finding | None = None) -> Row:
        return Row(
            subject=observation.subject,
            verdict=verdict,
            finding=finding,
            finding_id=finding.id_for(guarantee.id, observation.subject, place) if finding else None,
            observed_at=observation.at,
            expires_at=expires,
            vantage=observation.vantage,
            proof=observation.proof,
            evidence=(observation.digest,) if observation.digest else (),
        )

    if stale := _stale(observation, expires, at, commits):
        yield row(unknown(Reason.STALE, stale))
        return
    if isinstance(observation.seen, Unseen):
        yield row(unknown(observation.seen.why, observation.seen.detail))
        return
    if judge.declared and about is None and not judge.declared_optional:
        yield row(unknown(Reason.NOT_DECLARED, f"{observation.subject} is not declared"))
        return
    try:
        verdict = judge(observation.seen, about, at)
    except Exception as error:  # a judge's fault must cost its own verdict only, and never make it green
        yield row(unknown(Reason.CRASHED, f"the judge of {guarantee.id} failed: {type(error).__name__}"))
        return
    if verdict.kind is not Kind.BROKEN:
        yield row(verdict)
    for finding in verdict.findings:
        yield row(Verdict(Kind.BROKEN, finding.message, findings=(finding,)), finding)


def _stale(
    observation: Observation[Any], expires: datetime, at: datetime, commits: frozenset[str] | None
) -> str | None:
    if at > expires:
        return f"seen at {observation.at:%Y-%m-%d %H:%M} UTC, good until {expires:%Y-%m-%d %H:%M}"
    if observation.at > at + CLOCK_SKEW:
        return f"dated in the future ({observation.at:%Y-%m-%d %H:%M} UTC): a clock is wrong"
    if commits is not None and observation.commit is not None and observation.commit not in commits:
        return f"seen at commit {observation.commit[:12]}, which is not the one asked about"
    return None


def _when_none(guarantee: Guarantee) -> Verdict:
    if guarantee.when_none is Kind.NOT_APPLICABLE:
        return Verdict(Kind.NOT_APPLICABLE, "looked everywhere: there is nothing that this is about")
    general = "there is nothing declared or found that this could be judged on"
    return unknown(Reason.NOT_DECLARED, guarantee.nothing or general)


def _short_of_proof(guarantee: Guarantee, rows: tuple[Row, ...]) -> str | None:
    seen = {row.proof for row in rows if row.verdict.kind is Kind.HOLDS and row.proof}
    seen |= {implied for kind in seen for implied in IMPLIED.get(kind, ())}
    if missing := guarantee.proof - seen:
        return (
            f"fine as far as seen; to hold, it also needs {' and '.join(_IN_WORDS[kind] for kind in sorted(missing))}"
        )
    if not guarantee.verifiable:
        return "nothing wrong was seen; this version does not see enough to say that it holds"
    return None


def _headline(kind: Kind, rows: tuple[Row, ...]) -> str:
    matching = [row for row in rows if row.verdict.kind is kind]
    first = matching[0]
    text = first.verdict.message
    if kind is not Kind.HOLDS and first.subject.kind != "system":
        text = f"{first.subject.name}: {text}"
    if kind is Kind.HOLDS and len(matching) > 1:
        return f"{len(matching)} subjects: {text}" if text else f"{len(matching)} subjects"
    more = f" (+{len(matching) - 1} more)" if len(matching) > 1 else ""
    return text + more


def _whole(guarantee: Guarantee, verdict: Verdict, system: Subject) -> Result:
    return Result(guarantee, verdict.kind, verdict.reason, verdict.message, (Row(system, verdict),))
