"""Databases can be recovered to a point in time within five minutes.

Risk: A wrong UPDATE at noon costs the whole day, if last night's copy is all there is.
Verified: Drill: a marker is written, data is 'corrupted', and the database is restored to just before it; WAL
archiving lag is measured.
Mend: Archive WAL continuously (or turn on the provider's point-in-time recovery), and practise going back to just
before a marker.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.point-in-time",
    seeds="H-7",
    proof="drill",
    severity="high",
    module=__name__,
)
