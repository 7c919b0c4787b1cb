"""Staging and development cannot be reached without authentication.

Risk: TODO.
Verified: Every route of the URL table, static and media files, asked anonymously: refused, or answered by a login
page that differs from the authenticated answer (positive control); a closed home page with an open /api or /media
is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.staging-closed",
    seeds="M-N6",
    proof="outside",
    severity="medium",
    module=__name__,
)
