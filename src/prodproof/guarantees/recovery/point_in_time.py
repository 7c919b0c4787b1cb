"""Databases can be recovered to a point in time within five minutes.

Risk: TODO.
Verified: Drill: a marker is written, data is 'corrupted', and the database is restored to just before it; WAL
archiving lag is measured.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.point-in-time",
    seeds="H-7",
    proof="drill",
    severity="medium",
    module=__name__,
)
