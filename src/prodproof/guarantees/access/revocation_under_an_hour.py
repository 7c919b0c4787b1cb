"""All of one person's access (infrastructure, repositories, DNS, CI/CD, third parties) can be revoked in less than
an hour, and the credentials stop working.

Risk: TODO.
Verified: Drill: for a canary person every account, key, token and session is revoked across all services,
resumably; each credential is then tried and must be refused; the time from start to the last refusal is measured.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.revocation-under-an-hour",
    seeds="M-A5 M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
