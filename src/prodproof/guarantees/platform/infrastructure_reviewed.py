"""Infrastructure is code, and its misconfigurations are found before they are applied.

Risk: One wrong line, applied in seconds, opens a bucket or a database to the whole internet, and nobody looks at it
again until the data is for sale.
Verified: Terraform, CloudFormation and Kubernetes files through checkov (a program of its own; checks about exposure,
encryption, rights and secrets are findings, the rest is advice), compose files and nginx configuration through our own
reading (the classes that gixy describes: request forgery, header splitting, alias traversal, host spoofing, lost
security headers, weak origin patterns). Files in folders of examples, tests and documentation are left out. The
cloud account itself is not looked at yet, so this can be found broken, not hold.
Mend: Correct the named resource and apply it; run checkov in the pipeline so that a change with such a line is not
merged; keep what is accepted as a dated waiver instead of a skip comment.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.infrastructure import Flaw, InfrastructureFile, InfrastructureKind
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee(
    "platform.infrastructure-reviewed",
    seeds="L-6",
    proof="inside",
    severity="medium",
    verifiable=False,
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

EXAMPLES = (
    Example("nothing found", _CLEAN, holds),
    Example("a public bucket", replace(_CLEAN, flaws=(_PUBLIC,)), broken, says="aws_s3_bucket.media"),
    Example("advice only", replace(_CLEAN, flaws=(replace(_PUBLIC, severe=False),)), holds, says="advice"),
    Example("a part that was not understood", replace(_CLEAN, unjudged="line 3: a pattern"), unknown),
)
