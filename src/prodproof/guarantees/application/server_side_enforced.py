"""Rules are enforced on the server: client checks can be bypassed without effect, and tokens are verified there.

Risk: TODO.
Verified: Forms are posted past their client-side limits; JWTs are sent unsigned (alg none), with a wrong key,
expired and with changed claims: all must be refused.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.server-side-enforced",
    seeds="H-golden",
    proof="active",
    severity="medium",
    module=__name__,
)
