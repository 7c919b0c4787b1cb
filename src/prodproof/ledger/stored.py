"""Surveys and results as entries, and back. What can no longer be read comes back as unseen, never as absent."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.codec import canonical, decode, encode, name_of, type_of
from prodproof.facts.declared import Declared
from prodproof.ledger.entry import Entry, moment, stamp, storable
from prodproof.verdicts import Kind, Result, Row

OTHER_VERSION = Unseen(Reason.STALE, "stored by another version of prodproof; look again: prodproof verify")
GONE = Unseen(Reason.STALE, "the evidence is no longer in the ledger (pruned or erased); look again: prodproof verify")
ALTERED = Unseen(Reason.INCOMPLETE, "the ledger's copy has been altered; see: prodproof ledger verify")
UNSTORABLE = Unseen(Reason.CRASHED, "what was seen cannot be written as canonical JSON")


@dataclass(frozen=True)
class StoredResult:
    """A result as the ledger remembers it; the guarantee by its id, because the catalogue may have changed since."""

    guarantee: str
    kind: Kind
    reason: Reason | None
    message: str
    rows: tuple[Row, ...]
    expires_at: datetime | None
    run: str
    at: datetime
    """When it was judged."""


@dataclass(frozen=True)
class Run:
    """One run of `verify`, as the ledger knows it from its beginning."""

    id: str
    environment: str
    started_at: datetime
    tool_version: str = ""
    commit: str | None = None
    release: str | None = None
    vantages: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredRun:
    """A run with its end, if it came to one."""

    run: Run
    finished_at: datetime | None
    """None: it was interrupted, or is still going on."""

    outcome: str


def dump_survey(survey: Survey[Any], payloads: dict[str, bytes]) -> dict[str, Any]:
    """A survey as an entry holds it; what was seen goes into `payloads`, by digest."""
    observed = {observation.subject for observation in survey.observations}
    dumped: dict[str, Any] = {
        "fact": name_of(survey.fact),
        "gaps": [_dump_unseen(gap) for gap in survey.gaps],
        "listed": [_dump_subject(subject) for subject in survey.listed if subject not in observed],
        "observations": [_dump_observation(observation, payloads) for observation in survey.observations],
    }
    if survey.commit is not None:
        dumped["commit"] = survey.commit
    return dumped


def with_digests(survey: Survey[Any], dumped: Mapping[str, Any]) -> Survey[Any]:
    """A survey as the ledger will give it back; `dumped` is what `dump_survey` made of it."""
    observations = []
    for observation, item in zip(survey.observations, dumped["observations"], strict=True):
        if isinstance(observation.seen, Unseen):
            observations.append(observation)
        elif "unseen" in item:
            observations.append(replace(observation, seen=_load_unseen(item["unseen"])))
        else:
            observations.append(replace(observation, digest=item["digest"]))
    return replace(survey, observations=tuple(observations))


def load_surveys(entry: Entry, payloads: Mapping[str, bytes]) -> tuple[Survey[Any], ...]:
    """The surveys of a facts entry.

    A fact type that this version does not know is left out: no judge of this version asks for it. A fact that was
    pruned, erased, altered or written in another form is an unseen observation of its subject.
    Raises ValueError when the entry itself does not have the form of surveys.
    """
    try:
        loaded = (_load_survey(data, payloads) for data in entry.what["surveys"])
        return tuple(survey for survey in loaded if survey is not None)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"entry {entry.sequence} holds no surveys: {error}") from None


def references(entry: Entry) -> tuple[str, ...]:
    """Digests of the payloads that a facts entry's observations refer to."""
    return tuple(
        observation["digest"]
        for survey in entry.what.get("surveys", ())
        for observation in survey["observations"]
        if "digest" in observation
    )


def dump_result(result: Result, payloads: dict[str, bytes]) -> dict[str, Any]:
    """A result as an entry holds it: the answer and its evidence in the chain, the wording in a payload."""
    body = canonical(
        _storable_tree(
            {
                "message": result.message,
                "rows": [encode(row) for row in result.rows],
                "expires_at": stamp(result.expires_at) if result.expires_at else None,
            }
        )
    )
    return {
        "kind": result.kind.value,
        "reason": result.reason.value if result.reason else None,
        "evidence": sorted({digest for row in result.rows for digest in row.evidence}),
        "digest": _put(payloads, body),
    }


def load_result(entry: Entry, payloads: Mapping[str, bytes]) -> StoredResult:
    """The result of a verdict entry. Without its details a good answer is unknown, and a bad one stays bad."""
    kind, reason = Kind(entry.what["kind"]), entry.what["reason"]
    body = payloads.get(str(entry.what["digest"]))
    problem = GONE if body is None else ALTERED
    if body is not None and hashlib.sha256(body).hexdigest() == entry.what["digest"]:
        try:
            data = json.loads(body)
            return StoredResult(
                guarantee=entry.about.name,
                kind=kind,
                reason=Reason(reason) if reason else None,
                message=str(data["message"]),
                rows=tuple(decode(Row, row) for row in data["rows"]),
                expires_at=moment(data["expires_at"]) if data["expires_at"] else None,
                run=entry.run,
                at=entry.at,
            )
        except (KeyError, TypeError, ValueError, ValidationError):
            problem = OTHER_VERSION
    left = Kind.BROKEN if kind is Kind.BROKEN else Kind.UNKNOWN
    why = None if left is Kind.BROKEN else problem.why
    return StoredResult(entry.about.name, left, why, problem.detail, (), None, entry.run, entry.at)


def dump_run(run: Run) -> dict[str, Any]:
    """A run's beginning as an entry holds it."""
    return {
        "phase": "started",
        "tool_version": run.tool_version,
        "commit": run.commit,
        "release": run.release,
        "vantages": list(run.vantages),
    }


def load_run(entry: Entry) -> Run:
    """The run that an entry began."""
    what = entry.what
    return Run(
        id=entry.run,
        environment=entry.about.environment,
        started_at=entry.at,
        tool_version=str(what.get("tool_version", "")),
        commit=what.get("commit"),
        release=what.get("release"),
        vantages=tuple(what.get("vantages", ())),
    )


def load_declaration(digest: str, payloads: Mapping[str, bytes]) -> Declared | None:
    """What was declared, or None when it was removed, altered, or written in another form."""
    declared = _load_fact(Declared, digest, payloads)
    return declared if isinstance(declared, Declared) else None


def put_fact(payloads: dict[str, bytes], fact: object) -> str | Unseen:
    """Encode a fact into `payloads`; its digest, or why it cannot be stored."""
    try:
        return _put(payloads, canonical(encode(fact)))
    except (ValueError, TypeError, RecursionError):  # numbers beyond 2^53, text that is not Unicode
        return UNSTORABLE


def _put(payloads: dict[str, bytes], body: bytes) -> str:
    digest = hashlib.sha256(body).hexdigest()
    payloads[digest] = body
    return digest


def _dump_observation(observation: Observation[Any], payloads: dict[str, bytes]) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "subject": _dump_subject(observation.subject),
        "at": stamp(observation.at),
        "vantage": storable(observation.vantage),
        "proof": observation.proof.value,
    }
    if observation.commit is not None:
        dumped["commit"] = observation.commit
    seen = observation.seen
    stored = seen if isinstance(seen, Unseen) else put_fact(payloads, seen)
    if isinstance(stored, Unseen):
        dumped["unseen"] = _dump_unseen(stored)
    else:
        dumped["digest"] = stored
    return dumped


def _load_survey(data: Mapping[str, Any], payloads: Mapping[str, bytes]) -> Survey[Any] | None:
    try:
        fact = type_of(data["fact"])
    except KeyError:
        return None
    try:
        return Survey(
            fact=fact,
            observations=tuple(load_observation(fact, item, payloads) for item in data["observations"]),
            gaps=tuple(_load_unseen(gap) for gap in data["gaps"]),
            listed=tuple(_load_subject(subject) for subject in data["listed"]),
            commit=data.get("commit"),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Survey(fact, (), (OTHER_VERSION,))


def observations_of(entry: Entry, fact: type[Any], subject: Subject) -> list[Mapping[str, Any]] | None:
    """What an entry holds about one subject that was seen; None when its step does not observe that fact at all."""
    surveys = [survey for survey in entry.what.get("surveys", ()) if survey.get("fact") == name_of(fact)]
    if not surveys:
        return None
    return [
        item
        for survey in surveys
        for item in survey["observations"]
        if "digest" in item and item["subject"] == _dump_subject(subject)
    ]


def load_observation(fact: type[Any], data: Mapping[str, Any], payloads: Mapping[str, bytes]) -> Observation[Any]:
    """One observation of an entry, with what was seen, or why it can no longer be read."""
    digest = data.get("digest")
    seen = _load_unseen(data["unseen"]) if digest is None else _load_fact(fact, digest, payloads)
    return Observation(
        subject=_load_subject(data["subject"]),
        seen=seen,
        at=moment(data["at"]),
        vantage=data["vantage"],
        proof=Proof(data["proof"]),
        commit=data.get("commit"),
        digest=digest,
    )


def _load_fact(fact: type[Any], digest: str, payloads: Mapping[str, bytes]) -> Any:
    body = payloads.get(digest)
    if body is None:
        return GONE
    if hashlib.sha256(body).hexdigest() != digest:
        return ALTERED
    try:
        return decode(fact, json.loads(body))
    except (ValidationError, ValueError, TypeError, RecursionError):
        return OTHER_VERSION


def _dump_subject(subject: Subject) -> list[str]:
    return [storable(subject.kind), storable(subject.name)]


def _load_subject(data: Iterable[str]) -> Subject:
    kind, name = data
    return Subject(kind, name)


def _dump_unseen(unseen: Unseen) -> dict[str, str]:
    return {"why": unseen.why.value, "detail": storable(unseen.detail)}


def _load_unseen(data: Mapping[str, str]) -> Unseen:
    try:
        return Unseen(Reason(data["why"]), data["detail"])
    except ValueError:
        return Unseen(Reason.STALE, f"{data['why']}: {data['detail']}")


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable_tree(item) for item in value]
    if isinstance(value, dict):
        return {key: _storable_tree(item) for key, item in value.items()}
    return value
