"""There is a documented process for an exposed secret (rotate, notify, assess impact), and it works.

Risk: TODO.
Verified: Drill: for a planted leak the runbook is walked step by step: who can use it, where it is found,
rotation, refusal of the old value, use since the leak read from the audit log, notification drafted; each step
timed.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.exposure-process",
    seeds="M-S7 M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
