"""Every administrative account that can log in belongs to exactly one named person; sealed break-glass accounts (AWS
root, postgres) have an owner and an alert on use; none is shared or generic.

Risk: When five people share one administrator, nobody knows who did what, and nobody can take one person's access
away.
Verified: Administrators are listed from every connected service (GitHub, AWS IAM, Linux sudoers, Postgres roles,
Django superusers, DNS, monitoring, ...) and each is matched to one person of the roster; an account no person
owns, or two people use, is a finding.
Mend: Give each person an account of their own, rename or remove shared ones, and seal break-glass accounts with
an owner and an alert on use.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.named-admins",
    seeds="M-A1",
    proof="inside",
    severity="high",
    module=__name__,
)
