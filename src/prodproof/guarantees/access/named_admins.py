"""Every administrative account that can log in belongs to exactly one named person; sealed break-glass accounts (AWS
root, postgres) have an owner and an alert on use; none is shared or generic.

Risk: TODO.
Verified: Administrators are listed from every connected service (GitHub, AWS IAM, Linux sudoers, Postgres roles,
Django superusers, DNS, monitoring, ...) and each is matched to one person of the roster; an account no person
owns, or two people use, is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.named-admins",
    seeds="M-A1",
    proof="inside",
    severity="medium",
    module=__name__,
)
