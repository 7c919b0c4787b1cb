"""The answer of one judge about one subject."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts import Location, Reason, Subject


class Kind(StrEnum):
    """The four answers. Only `holds` is green."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with an identity that survives edits elsewhere in the file."""

    rule: str
    """Short, stable, kebab-case: `missing-header`, `privileged-pod`."""

    message: str
    """One line for a person: what is wrong where."""

    location: Location | None = None
    key: str = ""
    """What tells it from other findings of the same rule in the same file: a name, never a line number or a secret."""

    mend: str = ""
    """One line: what to do about this one, when the guarantee's general remedy can be made more exact."""

    def id_for(self, guarantee: str, subject: Subject, place: str = "") -> str:
        """Stable id from guarantee, subject, rule, path and key; 12 hexadecimal digits.

        Args:
            guarantee: the id of the one that it breaks.
            subject: what it was found at.
            place: tells what shares its subject with another apart.
        """
        path = self.location.path if self.location else ""
        parts = (guarantee, str(subject), self.rule, path, self.key)
        text = "\0".join((*parts, place) if place else parts)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says about one subject."""

    kind: Kind
    message: str
    reason: Reason | None = None
    """Only for unknown."""

    findings: tuple[Finding, ...] = ()
    """Only for broken; at least one."""


def holds(message: str = "") -> Verdict:
    """The claim is true of this subject; the message says what was seen."""
    return Verdict(Kind.HOLDS, message)


def broken(*findings: Finding | str) -> Verdict:
    """The claim is false of this subject.

    A plain string becomes a finding whose rule is `finding`; several findings are several rows of a report.
    """
    if not findings:
        raise ValueError("a broken verdict names at least one finding")
    made = tuple(Finding("finding", item) if isinstance(item, str) else item for item in findings)
    more = f" (and {len(made) - 1} more)" if len(made) > 1 else ""
    return Verdict(Kind.BROKEN, made[0].message + more, findings=made)


def unknown(reason: Reason, message: str) -> Verdict:
    """What was seen cannot say whether the claim is true."""
    return Verdict(Kind.UNKNOWN, message, reason=reason)


def not_applicable(message: str) -> Verdict:
    """The evidence itself shows that the claim has nothing to be about."""
    return Verdict(Kind.NOT_APPLICABLE, message)


def fold(kinds: "tuple[Kind, ...]") -> Kind:
    """Any broken is broken, else any unknown is unknown, else any holds is holds, else not applicable.

    Raises ValueError for an empty tuple: what zero subjects mean is the guarantee's to say.
    """
    if not kinds:
        raise ValueError("nothing to fold")
    for kind in (Kind.BROKEN, Kind.UNKNOWN, Kind.HOLDS):
        if kind in kinds:
            return kind
    return Kind.NOT_APPLICABLE
