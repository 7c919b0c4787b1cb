"""Infrastructure is code, and its misconfigurations are found before they are applied.

Risk: One wrong line, applied in seconds, opens a bucket or a database to the whole internet, and nobody looks at it
again until the data is for sale.
Verified: Terraform, CloudFormation and Kubernetes files through checkov (a program of its own; checks about exposure,
encryption, rights and secrets are findings, the rest is advice), compose files and nginx configuration through our own
reading (the classes that gixy describes: request forgery, header splitting, alias traversal, host spoofing, lost
security headers, weak origin patterns). Files in folders of examples, tests and documentation are left out. Each
account at AWS, Azure or Google Cloud that is declared, or that Terraform or CloudFormation files use, through Prowler's
results of it (`posture` of its `[[service]]`): critical and high failures are findings, muted ones too, the rest is
advice. A scan without an answer about identity, public exposure, encryption or logging, or not of every region, is
unknown, and so is an account that no Terraform or CloudFormation file makes anything in. Both are judged for two days,
so that a nightly scan is never too old.
Mend: Correct the named resource in its file and apply it; run checkov in the pipeline so that a change with such a line
is not merged, and Prowler every night over each account; keep what is accepted as a dated waiver instead of a skip
comment or a mute list.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from prodproof.facts import Location, Reason
from prodproof.facts.infrastructure import Flaw, InfrastructureFile, InfrastructureKind
from prodproof.facts.posture import AccountFlaw, Cloud, PostureResults
from prodproof.guarantees._posture import AWS_REGIONS, uncovered
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "platform.infrastructure-reviewed",
    seeds="L-6",
    proof="inside",
    severity="medium",
    good_for=timedelta(days=2),
    nothing="no Terraform, CloudFormation, Kubernetes, compose or nginx file was found in the repositories",
)
def judge(file: InfrastructureFile) -> Verdict:
    """Severe flaws are findings, one for each resource."""
    severe = [flaw for flaw in file.flaws if flaw.severe]
    if severe:
        return broken(*_findings(file, severe))
    if file.unjudged:
        return unknown(Reason.INCOMPLETE, f"not all of it could be judged: {file.unjudged}")
    advice = f"; {len(file.flaws)} pieces of advice" if file.flaws else ""
    return holds(f"no misconfiguration found by {file.scanner}{advice}")


@judge.also
def judge_account(results: PostureResults) -> Verdict:
    """Critical and high failures are findings, one for each check and resource; a scan must be whole to hold."""
    if results.flaws:
        return broken(*_account_findings(results))
    if results.left_to_people:
        listed = _few(results.left_to_people)
        return unknown(Reason.INCOMPLETE, f"{results.scanner} could not decide {listed}; a person must look")
    if missing := uncovered(results):
        return unknown(Reason.INCOMPLETE, f"not a scan of the whole account: {missing}")
    if not results.described_in:
        nowhere = "no Terraform or CloudFormation file makes anything in this account: it is not code"
        return unknown(Reason.NOT_DECLARED, nowhere)
    advice = f"; {results.lesser} pieces of advice" if results.lesser else ""
    return holds(f"{results.scanner} found nothing critical or high with {len(results.answered)} checks{advice}")


def _account_findings(results: PostureResults) -> Iterator[Finding]:
    for flaw in results.flaws:
        where = f"{flaw.resource} in {flaw.region}" if flaw.region else flaw.resource
        muted = ", muted in the scanner" if flaw.muted else ""
        title = f": {flaw.title}" if flaw.title else ""
        rule = flaw.check.lower().replace("_", "-")
        yield Finding(rule, f"{where} fails {flaw.check}{muted}{title}", key=f"{flaw.region} {flaw.resource}")
    if results.more_flaws:
        yield Finding("more-failures", f"{results.more_flaws} further critical or high failures are not listed here")


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _findings(file: InfrastructureFile, severe: list[Flaw]) -> Iterator[Finding]:
    used: Counter[tuple[str, str]] = Counter()
    for flaw in severe:
        used[flaw.check, flaw.about] += 1
        count = used[flaw.check, flaw.about]
        key = flaw.about if count == 1 else f"{flaw.about} #{count}"
        rule = flaw.check.lower().replace("_", "-")
        place = Location(file.location.path, flaw.line)
        yield Finding(rule, f"{flaw.about}: {flaw.title} ({flaw.check})", place, key)


_CLEAN = InfrastructureFile(
    kind=InfrastructureKind.TERRAFORM, scanner="checkov 3.3", location=Location("infra/main.tf", None)
)
_PUBLIC = Flaw(
    check="CKV_AWS_20",
    title="S3 Bucket has an ACL defined which allows public READ access.",
    about="aws_s3_bucket.media",
    line=3,
)
_ACCOUNT = PostureResults(
    cloud=Cloud.AWS,
    account="000000000000",
    scanner="Prowler 5.46.0",
    answered=(
        "cloudtrail_multi_region_enabled",
        "ec2_ebs_default_encryption",
        "ec2_securitygroup_default_restrict_traffic",
        "iam_root_mfa_enabled",
        "s3_bucket_public_access",
    ),
    regions=tuple(sorted(AWS_REGIONS)),
    described_in="infra/main.tf",
)
_OPEN = AccountFlaw(
    check="s3_bucket_public_access",
    title="S3 bucket is not publicly accessible to Everyone or Authenticated Users",
    resource="arn:aws:s3:::harbour-media",
    region="eu-central-1",
)

EXAMPLES = (
    Example("nothing found", _CLEAN, holds),
    Example("a public bucket", replace(_CLEAN, flaws=(_PUBLIC,)), broken, says="aws_s3_bucket.media"),
    Example("advice only", replace(_CLEAN, flaws=(replace(_PUBLIC, severe=False),)), holds, says="advice"),
    Example(
        "a part that was not understood",
        replace(_CLEAN, unjudged="line 3: a pattern"),
        unknown,
        reason=Reason.INCOMPLETE,
    ),
    Example("an account without a severe failure", _ACCOUNT, holds, says="5 checks"),
    Example("medium and low failures are advice", replace(_ACCOUNT, lesser=12), holds, says="12 pieces of advice"),
    Example("a public bucket in the account", replace(_ACCOUNT, flaws=(_OPEN,)), broken, says="harbour-media"),
    Example(
        "a failure that Prowler was told to accept",
        replace(_ACCOUNT, flaws=(replace(_OPEN, muted=True),)),
        broken,
        says="muted",
    ),
    Example("more failures than are kept", replace(_ACCOUNT, flaws=(_OPEN,), more_flaws=7), broken, says="1 more"),
    Example(
        "a severe check that is left to a person",
        replace(_ACCOUNT, left_to_people=("cloudtrail_logs_s3_bucket_is_not_publicly_accessible",)),
        unknown,
        says="a person must look",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "only some checks were asked for",
        replace(_ACCOUNT, answered=_ACCOUNT.answered[1:]),
        unknown,
        says="logging",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "only one region was scanned",
        replace(_ACCOUNT, regions=("eu-central-1",)),
        unknown,
        says="us-east-1",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an account made by hand",
        replace(_ACCOUNT, described_in=""),
        unknown,
        says="not code",
        reason=Reason.NOT_DECLARED,
    ),
    Example(
        "two public buckets are two findings",
        replace(_CLEAN, flaws=(replace(_PUBLIC, severe=False), _PUBLIC, replace(_PUBLIC, line=9))),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "a failure outside all regions",
        replace(_ACCOUNT, flaws=(replace(_OPEN, region=""),)),
        broken,
        says="harbour-media fails",
    ),
    Example(
        "two public buckets in the account",
        replace(_ACCOUNT, flaws=(_OPEN, replace(_OPEN, resource="x"))),
        broken,
        says="(and 1 more)",
    ),
)
