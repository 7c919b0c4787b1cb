"""What the two claims about known advisories share."""

from datetime import datetime

from prodproof.facts import Location, Reason
from prodproof.facts.declared import Declared, Suppression
from prodproof.facts.dependencies import DependencyAudit, KnownAdvisory, Purpose
from prodproof.verdicts import Finding, Verdict, broken, holds, unknown
from prodproof.verdicts.verdict import not_applicable

MAX_DATA_AGE_DAYS = 7
"""Advisories appear every day; an export that is older says nothing about this week's."""


def judge_audit(audit: DependencyAudit, declared: Declared, at: datetime) -> Verdict:
    """Broken by an advisory that nobody answers for; unknown wherever a package could not be looked up."""
    if audit.purpose is Purpose.ASIDE:
        return not_applicable("a fixture, an example or vendored code: listed, but not what runs")
    running = [hit for hit in audit.known if not hit.development]
    if audit.purpose is Purpose.DEVELOPMENT:
        return not_applicable(f"for development only, so not what runs ({_counted(len(running), 'known advisory')})")
    if findings := [finding for hit in running if (finding := _finding(audit, hit, declared, at))]:
        return broken(*findings)
    if audit.data_age_days is not None and audit.data_age_days > MAX_DATA_AGE_DAYS:
        text = f"the advisory export is {audit.data_age_days} days old; fetch a new one ({MAX_DATA_AGE_DAYS} at most)"
        return unknown(Reason.STALE, text)
    if problem := _incomplete(audit):
        return unknown(Reason.INCOMPLETE, problem)
    return holds(f"{_counted(audit.packages, 'package')}, none with an advisory that stands{_apart(audit, running)}")


def _finding(audit: DependencyAudit, hit: KnownAdvisory, declared: Declared, at: datetime) -> Finding | None:
    accepted = [item for item in declared.suppressions if item.advisory in hit.ids]
    if any(_counts(item, at) for item in accepted):
        return None
    expired = max((item.until for item in accepted if item.reason and item.owner), default=None)
    after = f"; its suppression ended on {expired}" if expired and expired < at.date() else ""
    rating = f" ({hit.severity})" if hit.severity else ""
    summary = f": {hit.summary}" if hit.summary else ""
    fixed = f"update {hit.package} to {' or '.join(hit.fixed[-3:])}" if hit.fixed else f"replace {hit.package}"
    return Finding(
        "known-advisory",
        f"{hit.package} {hit.version} has {hit.ids[0]}{rating}{summary}{after}",
        Location(audit.path, hit.line),
        f"{hit.package}:{hit.ids[0]}",
        fixed,
    )


def _counts(item: Suppression, at: datetime) -> bool:
    return bool(item.reason.strip()) and bool(item.owner.strip()) and item.until >= at.date()


def _incomplete(audit: DependencyAudit) -> str | None:
    if failed := [item for item in audit.not_looked_up if not item.development]:
        return f"{failed[0].package} could not be looked up: {failed[0].why}{_more(len(failed))}"
    if audit.unread:
        return f"line {audit.unread[0]} was not understood{_more(len(audit.unread))}"
    if audit.ranges:
        names = ", ".join(audit.ranges[:3])
        return f"no lock file says which versions run: {names}{_more(len(audit.ranges), 3)} have ranges only"
    if not audit.whole:
        return "it names versions, but not those of the packages that these bring along; lock them (uv, pip-compile)"
    return None


def _apart(audit: DependencyAudit, running: list[KnownAdvisory]) -> str:
    said = []
    if running:
        said.append(f"{len(running)} suppressed")
    if development := len(audit.known) - len(running):
        said.append(f"{development} in packages for development only")
    return f" ({', '.join(said)})" if said else ""


def _more(count: int, shown: int = 1) -> str:
    return f" (and {count - shown} more)" if count > shown else ""


def _counted(count: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
