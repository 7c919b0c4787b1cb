"""Features that touch authentication, payments, personal data or administration have a threat model.

Risk: TODO.
Verified: Sensitive paths found in the code are matched with threat model files, not older than the code's last
large change.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.threat-models",
    seeds="K-interview",
    proof="record",
    severity="medium",
    module=__name__,
)
