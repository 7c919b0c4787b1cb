"""Advisories in the OSV format, and whether one is about a version.

Source: https://ossf.github.io/osv-schema/ (evaluation of `affected[].ranges` and `affected[].versions`),
PEP 440, https://semver.org, CVSS 3.1 specification (base score).
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cmp_to_key

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from prodproof.facts.dependencies import Ecosystem, KnownAdvisory, Severity

_SEMVER = re.compile(r"^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$")
_PREFERRED = ("CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-")
MAX_SUMMARY = 200


class NotComparableError(Exception):
    """A version that its ecosystem's order does not know."""


@dataclass(frozen=True)
class Package:
    """A package at an exact version."""

    ecosystem: Ecosystem
    name: str
    version: str


@dataclass(frozen=True)
class Matches:
    """What the advisories say of one package."""

    known: tuple[KnownAdvisory, ...] = ()
    undecided: tuple[str, ...] = ()
    """Ids of advisories whose ranges could not be compared with the version."""


def normalised(ecosystem: Ecosystem, name: str) -> str:
    """A package's name as it is compared in its ecosystem."""
    return canonicalize_name(name) if ecosystem is Ecosystem.PYPI else name


def match(package: Package, entries: Iterable[dict[str, object]]) -> Matches:
    """Which advisories are about this version; several names of one advisory are merged, withdrawn ones ignored."""
    found: list[tuple[dict[str, object], tuple[str, ...]]] = []
    undecided: list[str] = []
    for entry in entries:
        if entry.get("withdrawn"):
            continue
        affected, unclear, fixed = False, False, []
        for item in _items(entry.get("affected")):
            if not _is_about(item, package):
                continue
            try:
                hit = _affects(item, package)
            except NotComparableError:
                unclear = True
                continue
            if hit:
                affected = True
                fixed += _fixed(item)
        if affected:
            found.append((entry, tuple(dict.fromkeys(fixed))))
        elif unclear:
            undecided.append(str(entry.get("id", "?"))[:60])
    return Matches(_merged(package, found), tuple(sorted(undecided)))


def _items(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_about(affected: dict[str, object], package: Package) -> bool:
    named = affected.get("package")
    if not isinstance(named, dict):
        return False
    # `Packagist:https://…` and the like: what follows the colon narrows the registry.
    ecosystem = str(named.get("ecosystem", "")).partition(":")[0]
    name = normalised(package.ecosystem, str(named.get("name", "")))
    return ecosystem == package.ecosystem and name == normalised(package.ecosystem, package.name)


def _affects(affected: dict[str, object], package: Package) -> bool:
    compare = COMPARE.get(package.ecosystem)
    versions = _texts(affected.get("versions"))
    if package.version in versions:
        return True
    if compare is not None and package.ecosystem is Ecosystem.PYPI and any(_same(v, package.version) for v in versions):
        return True
    ranges = [item for item in _items(affected.get("ranges")) if item.get("type") in ("ECOSYSTEM", "SEMVER")]
    if not ranges:
        if versions:
            return False
        raise NotComparableError  # only commits are named, or nothing at all
    if compare is None:
        if versions:
            return False
        raise NotComparableError
    return any(_within(item, package.version, compare) for item in ranges)


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


Compare = Callable[[str, str], int]


def _within(range_: dict[str, object], version: str, compare: Compare) -> bool:
    events = [
        (kind, str(event[kind]))
        for event in _items(range_.get("events"))
        for kind in ("introduced", "fixed", "last_affected")
        if kind in event
    ]

    def order(one: tuple[str, str], other: tuple[str, str]) -> int:
        if one[1] == other[1]:
            # A version that is fixed and introduced again at once is affected from there on.
            ranks = {"fixed": 0, "introduced": 1, "last_affected": 2}
            return ranks[one[0]] - ranks[other[0]]
        if "0" in (one[1], other[1]):
            return -1 if one[1] == "0" else 1
        return compare(one[1], other[1])

    affected = False
    for kind, bound in sorted(events, key=cmp_to_key(order)):
        if bound == "0":
            if kind == "introduced":
                affected = True
            continue
        difference = compare(version, bound)
        if kind == "introduced" and difference >= 0:
            affected = True
        elif (kind == "fixed" and difference >= 0) or (kind == "last_affected" and difference > 0):
            affected = False
    return affected


def _fixed(affected: dict[str, object]) -> list[str]:
    return [
        str(event["fixed"])[:40]
        for range_ in _items(affected.get("ranges"))
        if range_.get("type") in ("ECOSYSTEM", "SEMVER")
        for event in _items(range_.get("events"))
        if "fixed" in event
    ]


def compare_pep440(one: str, other: str) -> int:
    """Order of two Python versions; raises NotComparableError."""
    try:
        left, right = Version(one), Version(other)
    except InvalidVersion as error:
        raise NotComparableError from error
    return (left > right) - (left < right)


def compare_semver(one: str, other: str) -> int:
    """Order of two semantic versions, build metadata ignored; raises NotComparableError."""
    left, right = _semver(one), _semver(other)
    if left[0] != right[0]:
        return 1 if left[0] > right[0] else -1
    return _compare_labels(left[1], right[1], absent=1)


def compare_pub(one: str, other: str) -> int:
    """Order of two Dart versions: like semver, and a build label comes after the same version without one."""
    by_version = compare_semver(one, other)
    return by_version or _compare_labels(_semver(one)[2], _semver(other)[2], absent=-1)


def _semver(text: str) -> tuple[tuple[int, int, int], str | None, str | None]:
    match = _SEMVER.match(text.strip()) if len(text) < 200 else None
    if match is None:
        raise NotComparableError
    return (int(match[1]), int(match[2] or 0), int(match[3] or 0)), match[4], match[5]


def _compare_labels(one: str | None, other: str | None, *, absent: int) -> int:
    if one is None or other is None:
        return 0 if one is other else absent if one is None else -absent
    left, right = one.split("."), other.split(".")
    for a, b in zip(left, right, strict=False):
        if a == b:
            continue
        if a.isdigit() and b.isdigit():
            if int(a) != int(b):
                return 1 if int(a) > int(b) else -1
            continue
        if a.isdigit() != b.isdigit():
            return -1 if a.isdigit() else 1
        return 1 if a > b else -1
    return (len(left) > len(right)) - (len(left) < len(right))


COMPARE: dict[Ecosystem, Compare] = {
    Ecosystem.PYPI: compare_pep440,
    Ecosystem.NPM: compare_semver,
    Ecosystem.PUB: compare_pub,
    Ecosystem.GO: compare_semver,
    Ecosystem.CARGO: compare_semver,
}
"""Ecosystems whose order of versions is known here; of the others only advisories that list versions are decided."""


def _merged(package: Package, found: list[tuple[dict[str, object], tuple[str, ...]]]) -> tuple[KnownAdvisory, ...]:
    groups: list[tuple[set[str], list[tuple[dict[str, object], tuple[str, ...]]]]] = []
    for entry, fixed in found:
        names = {str(entry.get("id", "?"))[:60], *(item[:60] for item in _texts(entry.get("aliases"))[:50])}
        members = [(entry, fixed)]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            members = group[1] + members
        groups.append((names, members))
    merged = []
    for names, members in groups:
        severities = [rating for entry, _ in members if (rating := severity_of(entry))]
        summary = next((str(entry["summary"]) for entry, _ in members if entry.get("summary")), "")
        merged.append(
            KnownAdvisory(
                package=package.name,
                version=package.version,
                ids=tuple(sorted(names, key=_rank)),
                severity=min(severities, key=list(Severity).index, default=None),
                summary=" ".join(summary.split())[:MAX_SUMMARY],
                fixed=tuple(dict.fromkeys(version for _, fixed in members for version in fixed)),
            )
        )
    return tuple(sorted(merged, key=lambda item: item.ids))


def _rank(name: str) -> tuple[int, str]:
    return next((index for index, prefix in enumerate(_PREFERRED) if name.startswith(prefix)), 9), name


def severity_of(entry: dict[str, object]) -> Severity | None:
    """How severe the publisher rates it: its own word first, then the base score of a CVSS 3 vector."""
    specific = entry.get("database_specific")
    if isinstance(specific, dict) and isinstance(specific.get("severity"), str):
        word = specific["severity"].lower()
        word = {"moderate": "medium", "important": "high"}.get(word, word)
        if word in set(Severity):
            return Severity(word)
    for item in _items(entry.get("severity")):
        if item.get("type") == "CVSS_V3" and (score := cvss3_tenths(str(item.get("score", "")))) is not None:
            return next((rating for rating, least in _RATINGS if score >= least), None)
    return None


_RATINGS = ((Severity.CRITICAL, 90), (Severity.HIGH, 70), (Severity.MEDIUM, 40), (Severity.LOW, 1))
_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def cvss3_tenths(vector: str) -> int | None:
    """Base score of a CVSS 3.0 or 3.1 vector in tenths (98 is 9.8); None for anything else."""
    if not vector.startswith(("CVSS:3.0/", "CVSS:3.1/")) or len(vector) > 300:
        return None
    metrics = dict(part.split(":", 1) for part in vector.split("/")[1:] if ":" in part)
    try:
        weight = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
        scope = metrics["S"]
        privileges = _PRIVILEGES[scope][metrics["PR"]]
    except KeyError:
        return None
    base = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 6.42 * base if scope == "U" else 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15
    if impact <= 0:
        return 0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    raw = impact + exploitability if scope == "U" else 1.08 * (impact + exploitability)
    # "Roundup" of the specification, appendix A, which keeps floating point from adding a tenth.
    whole = round(min(raw, 10) * 100_000)
    return whole // 10_000 if whole % 10_000 == 0 else math.floor(whole / 10_000) + 1


def modified_at(text: str) -> datetime | None:
    """A timestamp of the format, UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
