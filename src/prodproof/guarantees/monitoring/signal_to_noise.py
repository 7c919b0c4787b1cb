"""Alerts are trusted: most that fire lead to action.

Risk: TODO.
Verified: History of fired alerts: share acted upon, flapping, repeats, fired-and-resolved alone, nights woken;
measured against a declared bound.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.signal-to-noise",
    seeds="M-O6 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
