"""All of one person's access (infrastructure, repositories, DNS, CI/CD, third parties) can be revoked in less than
an hour, and the credentials stop working.

Risk: A laptop is stolen tonight: until the last key, token and session is dead, its thief works as your
colleague.
Verified: Drill: for a canary person every account, key, token and session is revoked across all services,
resumably; each credential is then tried and must be refused; the time from start to the last refusal is measured.
Mend: Write down where each kind of credential is ended, practise it with a canary person, and move services
behind single sign-on until an hour is enough.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.revocation-under-an-hour",
    seeds="M-A5 M-text",
    proof="drill",
    severity="high",
    module=__name__,
)
