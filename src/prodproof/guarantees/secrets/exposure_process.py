"""There is a documented process for an exposed secret (rotate, notify, assess impact), and it works.

Risk: A key is on a public page: each minute without a plan is one in which somebody uses it.
Verified: Drill: for a planted leak the runbook is walked step by step: who can use it, where it is found,
rotation, refusal of the old value, use since the leak read from the audit log, notification drafted; each step
timed.
Mend: Write down how to find who can use a secret, rotate it, prove that the old one is refused and read its use
since; practise it with a planted one.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.exposure-process",
    seeds="M-S7 M-text",
    proof="drill",
    severity="high",
    module=__name__,
)
