"""Rolling back to the previous version works and was tested.

Risk: TODO.
Verified: Drill: deploy the previous version to the drill environment, see it serve and report its version,
migrations reversible or compatible, back again; timed.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.rollback-tested",
    seeds="M-D5",
    proof="drill",
    severity="medium",
    module=__name__,
)
