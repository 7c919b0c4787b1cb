"""Flutter dependencies (pubspec.lock) are reviewed for known vulnerabilities too.

Risk: An app on thousands of phones carries a library with a published hole for months, because updates of apps reach
people slowly and nobody looked at its packages.
Verified: The exact versions in each pubspec.lock are looked up in the declared source of advisories (an exported OSV
database or the OSV service; PyPI's data knows no Dart packages). A package that could not be looked up, a pubspec.yaml
without a lock, an export older than 7 days are unknown. Suppressions count with reason, owner and an end date that has
not passed.
Mend: Run `flutter pub upgrade` for the package and commit pubspec.lock, or accept the advisory for a time in the system
file (`[[suppression]]`).
"""

from dataclasses import replace
from datetime import datetime

from prodproof.facts import Reason
from prodproof.facts.declared import Declared
from prodproof.facts.dependencies import Ecosystem, FlutterAudit, KnownAdvisory, NotLookedUp, Purpose, Severity
from prodproof.guarantees.supply._audit import judge_audit
from prodproof.verdicts import Example, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "supply.flutter-dependencies-audited",
    seeds="M-P9",
    proof="inside",
    severity="medium",
    when_none="not_applicable",
)
def judge(audit: FlutterAudit, declared: Declared, at: datetime) -> Verdict:
    """One pubspec.lock, or a pubspec.yaml without one."""
    return judge_audit(audit, declared, at)


_WHOLE = FlutterAudit(
    path="app/pubspec.lock",
    ecosystem=Ecosystem.PUB,
    source="osv-export",
    purpose=Purpose.RUNTIME,
    packages=31,
    whole=True,
    data_age_days=1,
)
_HIT = KnownAdvisory(
    package="http",
    version="0.13.2",
    ids=("CVE-2020-35669", "GHSA-4rgh-jx4f-qfcq"),
    severity=Severity.MEDIUM,
    summary="http before 0.13.3 vulnerable to header injection",
    fixed=("0.13.3",),
)

EXAMPLES = (
    Example("thirty-one locked packages", _WHOLE, holds),
    Example("http before 0.13.3", replace(_WHOLE, known=(_HIT,)), broken, says="http 0.13.2 has CVE-2020-35669"),
    Example("no lock", replace(_WHOLE, whole=False, ranges=("http",)), unknown, says="http", reason=Reason.INCOMPLETE),
    Example(
        "the export holds no Dart packages",
        replace(_WHOLE, not_looked_up=(NotLookedUp(package="http", why="the export has no advisories of Pub"),)),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
)
