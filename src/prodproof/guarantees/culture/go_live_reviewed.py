"""The whole is reviewed before going live and periodically after, and nothing 'no' or 'I don't know' is left
unattended.

Risk: A checklist that is read once describes a system that no longer exists.
Verified: The gate's own record: passed at go-live, repeated within the period, each waiver owned and dated; it is
no input of the gate itself.
Mend: Run `prodproof gate` before each go-live and once a quarter, and give every waiver an owner and an end.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.go-live-reviewed",
    seeds="M-checklist K-intro",
    proof="inside",
    severity="medium",
    module=__name__,
)
