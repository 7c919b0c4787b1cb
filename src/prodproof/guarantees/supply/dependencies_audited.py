"""What runs has no dependency with a known, unsuppressed advisory, and is audited on a schedule.

Risk: A published hole in a library is the first thing that attackers try, with ready-made tools, within hours; the
code of the application does not have to be wrong for it.
Verified: The exact versions in lock files (Python, npm, Go, Rust; Ruby and PHP where the advisory lists versions)
are looked up in the declared source of advisories: an exported OSV database, the OSV service, or PyPI through
pip-audit. A package that could not be looked up, a range without a lock, an export older than 7 days are unknown.
Suppressions count with reason, owner and an end date that has not passed. Advisories in packages that are for
development only are counted, not held against what runs; fixtures, examples and vendored code are listed as not
applicable. The pipeline must run an audit on a schedule that can fail; a schedule that only the forge knows is
unknown. Versions that are really installed on a host are not compared yet.
Mend: Update the package, or accept the advisory for a time in the system file (`[[suppression]]` with advisory,
reason, owner, until). Lock versions (`uv lock`, `pip-compile --generate-hashes`, `npm install`), and add a workflow
with `on: schedule` that runs pip-audit, npm audit, osv-scanner or prodproof.
"""

from dataclasses import replace
from datetime import date, datetime

from prodproof.facts import Location, Reason
from prodproof.facts.declared import Declared, Suppression
from prodproof.facts.dependencies import DependencyAudit, Ecosystem, KnownAdvisory, NotLookedUp, Purpose, Severity
from prodproof.facts.pipeline import Activity, Forge, Job, Pipeline, Pipelines, Role, Trigger
from prodproof.guarantees.supply._audit import judge_audit
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown
from prodproof.verdicts.example import SHOP
from prodproof.verdicts.verdict import not_applicable


@guarantee(
    "supply.dependencies-audited",
    seeds="M-P8 L-1 K-5",
    proof="inside",
    severity="high",
    when_none="not_applicable",
)
def judge(audit: DependencyAudit, declared: Declared, at: datetime) -> Verdict:
    """One lock file, or a manifest without one."""
    return judge_audit(audit, declared, at)


@judge.also
def judge_schedule(pipelines: Pipelines) -> Verdict:
    """Whether a pipeline audits by the calendar, and may fail."""
    weak = None
    for file in pipelines.files:
        if "schedule" not in file.events():
            continue
        for job in file.jobs:
            for activity in job.activities:
                if activity.role is not Role.DEPENDENCY_SCAN:
                    continue
                if not activity.weak and not job.allow_failure:
                    return holds(f"{activity.tool} runs on a schedule in {file.location.path}")
                weak = weak or (file, job, activity)
    if weak is None:
        text = "no pipeline file audits dependencies on a schedule; the forge's own alerts are not visible from here"
        return unknown(Reason.INCOMPLETE, text)
    file, job, activity = weak
    return broken(
        Finding(
            "scheduled-audit-cannot-fail",
            f"the scheduled {activity.tool} in {file.location.path} cannot fail the run"
            + (f": {activity.weak}" if activity.weak else ""),
            Location(file.location.path, activity.line),
            f"{job.id}:{activity.tool}",
            "let its exit code fail the job",
        )
    )


_WHOLE = DependencyAudit(
    path="requirements.txt",
    ecosystem=Ecosystem.PYPI,
    source="osv-export",
    purpose=Purpose.RUNTIME,
    packages=12,
    whole=True,
    data_age_days=1,
)
_HIT = KnownAdvisory(
    package="django",
    version="4.2.10",
    ids=("CVE-2024-27351", "GHSA-vm8q-m57g-pff3", "PYSEC-2024-47"),
    severity=Severity.MEDIUM,
    summary="Regular expression denial of service in Truncator",
    fixed=("3.2.25", "4.2.11", "5.0.3"),
    line=3,
)
_VULNERABLE = replace(_WHOLE, known=(_HIT,))
_ACCEPTED = Suppression(
    advisory="PYSEC-2024-47", reason="truncatewords is not used", owner="ana", until=date(2026, 7, 1)
)
_SCAN = Activity(Role.DEPENDENCY_SCAN, "pip-audit", 14)
_NIGHTLY = Pipelines(
    (
        Pipeline(
            Location(".github/workflows/audit.yml"),
            Forge.GITHUB,
            "audit",
            (Trigger("schedule"),),
            (Job("audit", 9, activities=(_SCAN,)),),
        ),
    )
)


def _nightly(activity: Activity) -> Pipelines:
    file = _NIGHTLY.files[0]
    return replace(_NIGHTLY, files=(replace(file, jobs=(replace(file.jobs[0], activities=(activity,)),)),))


EXAMPLES = (
    Example("twelve locked packages, no advisory", _WHOLE, holds),
    Example("Django with a published advisory", _VULNERABLE, broken, says="django 4.2.10 has CVE-2024-27351"),
    Example("accepted until July, by any of its names", _VULNERABLE, holds, replace(SHOP, suppressions=(_ACCEPTED,))),
    Example(
        "the acceptance has run out",
        _VULNERABLE,
        broken,
        replace(SHOP, suppressions=(replace(_ACCEPTED, until=date(2026, 5, 31)),)),
        says="suppression ended",
    ),
    Example(
        "accepted by nobody",
        _VULNERABLE,
        broken,
        replace(SHOP, suppressions=(replace(_ACCEPTED, owner=""),)),
    ),
    Example("only a tool for development has it", replace(_WHOLE, known=(replace(_HIT, development=True),)), holds),
    Example(
        "one package could not be looked up",
        replace(_WHOLE, not_looked_up=(NotLookedUp(package="acme-core", why="the source did not answer for it"),)),
        unknown,
        says="acme-core",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "ranges without a lock",
        replace(_WHOLE, ranges=("django",), whole=False),
        unknown,
        says="django",
        reason=Reason.INCOMPLETE,
    ),
    Example("direct pins only", replace(_WHOLE, whole=False), unknown, says="bring along", reason=Reason.INCOMPLETE),
    Example(
        "a line that was not understood", replace(_WHOLE, unread=(7,)), unknown, says="line 7", reason=Reason.INCOMPLETE
    ),
    Example(
        "an export of last month", replace(_WHOLE, data_age_days=31), unknown, says="31 days old", reason=Reason.STALE
    ),
    Example("an advisory even in old data", replace(_VULNERABLE, data_age_days=31), broken),
    Example("requirements of the tests", replace(_VULNERABLE, purpose=Purpose.DEVELOPMENT), not_applicable),
    Example("pip-audit every night", _NIGHTLY, holds),
    Example("its failure is ignored", _nightly(replace(_SCAN, weak="continue-on-error")), broken, says="cannot fail"),
    Example("no schedule in the pipelines", Pipelines(()), unknown, reason=Reason.INCOMPLETE),
    Example("a fixture", replace(_VULNERABLE, purpose=Purpose.ASIDE), not_applicable),
    Example("an export of a week ago", replace(_WHOLE, data_age_days=7), holds),
    Example("an export of eight days ago", replace(_WHOLE, data_age_days=8), unknown, reason=Reason.STALE),
    Example("a source without an age", replace(_WHOLE, data_age_days=None), holds),
    Example(
        "another advisory was accepted",
        _VULNERABLE,
        broken,
        replace(SHOP, suppressions=(replace(_ACCEPTED, advisory="CVE-2020-0001"),)),
    ),
    Example(
        "accepted for no reason", _VULNERABLE, broken, replace(SHOP, suppressions=(replace(_ACCEPTED, reason=" "),))
    ),
    Example(
        "accepted until today",
        _VULNERABLE,
        holds,
        replace(SHOP, suppressions=(replace(_ACCEPTED, until=date(2026, 6, 1)),)),
    ),
    Example(
        "a tool for development could not be looked up",
        replace(_WHOLE, not_looked_up=(NotLookedUp(package="x", why="gone", development=True),)),
        holds,
    ),
    Example(
        "two packages could not be looked up",
        replace(_WHOLE, not_looked_up=(NotLookedUp(package="x", why="gone"), NotLookedUp(package="y", why="gone"))),
        unknown,
        says="(and 1 more)",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "pip-audit for each change alone",
        replace(_NIGHTLY, files=(replace(_NIGHTLY.files[0], triggers=(Trigger("push"),)),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "a nightly file after one for each change",
        replace(_NIGHTLY, files=(replace(_NIGHTLY.files[0], triggers=(Trigger("push"),)), *_NIGHTLY.files)),
        holds,
    ),
    Example("nightly tests", _nightly(Activity(Role.TESTS, "pytest", 14)), unknown, reason=Reason.INCOMPLETE),
    Example(
        "nightly tests, then pip-audit",
        replace(
            _NIGHTLY,
            files=(
                replace(
                    _NIGHTLY.files[0], jobs=(Job("audit", 9, activities=(Activity(Role.TESTS, "pytest", 13), _SCAN)),)
                ),
            ),
        ),
        holds,
    ),
    Example(
        "the nightly job may fail",
        replace(
            _NIGHTLY,
            files=(replace(_NIGHTLY.files[0], jobs=(replace(_NIGHTLY.files[0].jobs[0], allow_failure=True),)),),
        ),
        broken,
    ),
    Example(
        "the first of two that cannot fail is named",
        replace(
            _NIGHTLY,
            files=(
                replace(
                    _NIGHTLY.files[0],
                    jobs=(
                        Job(
                            "audit",
                            9,
                            activities=(replace(_SCAN, weak="|| true"), replace(_SCAN, tool="osv", weak="|| true")),
                        ),
                    ),
                ),
            ),
        ),
        broken,
        says="pip-audit",
    ),
)
