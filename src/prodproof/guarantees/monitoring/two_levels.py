"""There are at least two levels: urgent (notifies at once) and informative (working hours).

Risk: TODO.
Verified: Routes of the alert manager: each severity reaches a receiver of the right kind; none falls through.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.two-levels",
    seeds="M-O5",
    proof="inside",
    severity="medium",
    module=__name__,
)
