"""Third parties that process user data are identified, documented and vetted.

Risk: TODO.
Verified: Hosts that pages contact in a real browser, SDKs in dependencies and outgoing hosts in settings, against
the declared vendors (purpose, data, agreement, reviewed).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.third-parties-known",
    seeds="M-L6",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)
