"""Recordings of the range's matrix: what was seen in each state of a guarantee, to be judged again in-process.

A file `recordings/<guarantee id>.json` is `{"guarantee": id, "rows": [...]}`; a row is one state of one fault:

    {"state": "healthy" | "broken" | "withdrawn", "variant": name of the switch, "" when healthy,
     "facts": surveys, "declared": the system, "at": ISO time of the run's clock,
     "verdict": kind, "reason": reason of unknown or null, "findings": sorted finding ids}

`row_of` writes a row and `judged_again` reads one, so that the form is defined here only.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.codec import decode, encode, name_of, type_of
from prodproof.facts.declared import Declared, EntryPoint
from prodproof.verdicts import Evidence, Guarantee, Kind, Result, decide

FOLDER = Path(__file__).parent / "recordings"
STATES = ("healthy", "broken", "withdrawn")


@dataclass(frozen=True)
class Answer:
    """What a row must be judged as."""

    verdict: str
    reason: str | None
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What was known in one state, still encoded, and the answer that it got."""

    state: str
    variant: str
    facts: tuple[dict[str, Any], ...]
    declared: dict[str, Any]
    at: datetime
    answer: Answer

    @property
    def name(self) -> str:
        """For messages of tests."""
        return f"{self.state} {self.variant}".strip()


@dataclass(frozen=True)
class Recording:
    """Every recorded state of one guarantee."""

    guarantee: str
    rows: tuple[Row, ...]


def recordings(folder: Path = FOLDER) -> tuple[Recording, ...]:
    """Every recording of a folder, sorted by guarantee; none where there is no folder.

    Raises KeyError or ValueError for a file that does not have the form above.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.json")))


def _read(path: Path) -> Recording:
    data = json.loads(path.read_text())
    if data["guarantee"] != path.stem:
        raise ValueError(f"{path} is about {data['guarantee']}")
    for item in data["rows"]:
        if item["state"] not in STATES:
            raise ValueError(f"{path}: {item['state']!r} is none of {', '.join(STATES)}")
    return Recording(data["guarantee"], tuple(map(read_row, data["rows"])))


def read_row(item: dict[str, Any]) -> Row:
    """A row as it is written down."""
    answer = Answer(item["verdict"], item["reason"], tuple(item["findings"]))
    at = datetime.fromisoformat(item["at"])
    return Row(item["state"], item["variant"], tuple(item["facts"]), item["declared"], at, answer)


def write(recording_of: str, rows: Iterable[dict[str, Any]], folder: Path = FOLDER) -> Path:
    """Write the rows that `row_of` made of one guarantee; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recording_of}.json"
    data = {"guarantee": recording_of, "rows": list(rows)}
    path.write_text(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return path


def row_of(
    state: str,
    variant: str,
    guarantee: Guarantee,
    surveys: Iterable[Survey[Any]],
    declared: Declared,
    at: datetime,
) -> dict[str, Any]:
    """One state as a row: only the surveys that the guarantee's judges read, and the answer that they give now."""
    read = tuple(survey for survey in surveys if survey.fact in {judge.fact for judge in guarantee.judges})
    answer = _answer(decide(guarantee, Evidence.of(read), declared, at))
    return {
        "state": state,
        "variant": variant,
        "facts": [_encoded(survey) for survey in read],
        "declared": encode(declared),
        "at": at.isoformat(),
        "verdict": answer.verdict,
        "reason": answer.reason,
        "findings": list(answer.findings),
    }


def judged_again(row: Row, guarantee: Guarantee) -> Answer:
    """What the guarantee, as it is written now, answers to a row's facts; to be equal to `row.answer`."""
    return _answer(decided(row, guarantee))


def decided(row: Row, guarantee: Guarantee) -> Result:
    """The whole result that the guarantee gives to a row's facts now."""
    declared = decode(Declared, row.declared)
    evidence = Evidence.of([_decoded(item, declared) for item in row.facts])
    return decide(guarantee, evidence, declared, row.at)


def _answer(result: Result) -> Answer:
    found = {row.finding_id for row in result.rows if row.verdict.kind is Kind.BROKEN and row.finding_id}
    return Answer(result.kind.value, result.reason.value if result.reason else None, tuple(sorted(found)))


def _encoded(survey: Survey[Any]) -> dict[str, Any]:
    return {
        "fact": name_of(survey.fact),
        "gaps": [encode(gap) for gap in survey.gaps],
        "listed": [encode(subject) for subject in survey.listed],
        "commit": survey.commit,
        # Several entry points may share a subject; of what else is declared, the subject alone tells which it was.
        "entry_point": survey.about.url if isinstance(survey.about, EntryPoint) else None,
        "observations": [
            {**encode(item), "seen": encode(item.seen), "unseen": isinstance(item.seen, Unseen)}
            for item in survey.observations
        ],
    }


def _decoded(data: dict[str, Any], declared: Declared) -> Survey[Any]:
    fact = type_of(data["fact"])
    about = next((item for item in declared.entry_points if item.url == data["entry_point"]), None)
    observations = tuple(
        Observation(
            subject=Subject(**item["subject"]),
            seen=_unseen(item["seen"]) if item["unseen"] else decode(fact, item["seen"]),
            at=datetime.fromisoformat(item["at"]),
            vantage=item["vantage"],
            proof=Proof(item["proof"]),
            commit=item["commit"],
            digest=item["digest"],
        )
        for item in data["observations"]
    )
    gaps = tuple(_unseen(gap) for gap in data["gaps"])
    listed = tuple(Subject(**item) for item in data["listed"])
    return Survey(fact, observations, gaps, listed, data["commit"], about)


def _unseen(data: dict[str, Any]) -> Unseen:
    return Unseen(Reason(data["why"]), data["detail"])
