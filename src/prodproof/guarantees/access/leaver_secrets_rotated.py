"""Secrets that a leaver could read were rotated after they left.

Risk: Disabling an account does not make somebody forget the database password that they copied last year.
Verified: Grants and the manager's audit trail against version dates.
Mend: When somebody leaves, list the shared secrets that they could read and rotate each one; prefer secrets that
nobody reads, such as roles and short-lived tokens.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.leaver-secrets-rotated",
    seeds="M-A4 S-3",
    proof="inside",
    severity="high",
    module=__name__,
)
