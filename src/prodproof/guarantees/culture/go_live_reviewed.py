"""The whole is reviewed before going live and periodically after, and nothing 'no' or 'I don't know' is left
unattended.

Risk: TODO.
Verified: The gate's own record: passed at go-live, repeated within the period, each waiver owned and dated; it is
no input of the gate itself.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.go-live-reviewed",
    seeds="M-checklist K-intro",
    proof="inside",
    severity="medium",
    module=__name__,
)
