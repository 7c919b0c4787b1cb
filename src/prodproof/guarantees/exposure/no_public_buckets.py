"""No storage bucket can be listed or read by strangers unless it is declared public.

Risk: A bucket that strangers can read is a leak that needs no attacker, only somebody who looks.
Verified: Public-access settings and policies of each bucket (a Principal '*' under a restricting Condition is not
public), and anonymous list and read requests from outside, for a known object too: unlistable is not unreadable.
Mend: Turn on the account-wide block of public access, remove Principal '*' without a condition, and declare the
few buckets that are meant to be public.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.no-public-buckets",
    seeds="L-6 H-guide-ObjectStorage",
    proof="inside+outside",
    severity="critical",
    module=__name__,
)
