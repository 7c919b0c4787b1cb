"""Rolling back to the previous version works and was tested.

Risk: A rollback that was never tried fails when it is needed, usually on a migration that only goes forward.
Verified: Drill: deploy the previous version to the drill environment, see it serve and report its version,
migrations reversible or compatible, back again; timed.
Mend: Keep migrations compatible with the previous version, keep the last artifacts, and roll staging back and
forth with each larger release.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.rollback-tested",
    seeds="M-D5",
    proof="drill",
    severity="high",
    module=__name__,
)
