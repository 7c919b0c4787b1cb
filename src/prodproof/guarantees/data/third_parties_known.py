"""Third parties that process user data are identified, documented and vetted.

Risk: Each script and service that you let in sees your users; the one that nobody wrote down is the one that
leaks.
Verified: Hosts that pages contact in a real browser, SDKs in dependencies and outgoing hosts in settings, against
the declared vendors (purpose, data, agreement, reviewed).
Mend: List each vendor with purpose, data and agreement under [[vendor]], and remove what cannot be explained.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.third-parties-known",
    seeds="M-L6",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)
