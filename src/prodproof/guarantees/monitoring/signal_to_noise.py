"""Alerts are trusted: most that fire lead to action.

Risk: When most alerts mean nothing, the one that matters is muted with the rest.
Verified: History of fired alerts: share acted upon, flapping, repeats, fired-and-resolved alone, nights woken;
measured against a declared bound.
Mend: Count how many alerts led to an action, and delete, merge or demote those that did not.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.signal-to-noise",
    seeds="M-O6 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
