"""Every change in production says who made it, when, and what changed.

Risk: TODO.
Verified: Deployments, migrations and administrative actions each resolve to a person, a time and a diff.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.changes-attributable",
    seeds="M-D4",
    proof="inside",
    severity="medium",
    module=__name__,
)
