"""No storage bucket can be listed or read by strangers unless it is declared public.

Risk: TODO.
Verified: Public-access settings and policies of each bucket (a Principal '*' under a restricting Condition is not
public), and anonymous list and read requests from outside, for a known object too: unlistable is not unreadable.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.no-public-buckets",
    seeds="L-6 H-guide-ObjectStorage",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)
