"""Every change in production says who made it, when, and what changed.

Risk: After an incident the first question is what changed and who knows about it; a shared account cannot answer.
Verified: Deployments, migrations and administrative actions each resolve to a person, a time and a diff.
Mend: Deploy from commits of named people, keep deployments and migrations on record, and give administrators
accounts of their own.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.changes-attributable",
    seeds="M-D4",
    proof="inside",
    severity="medium",
    module=__name__,
)
