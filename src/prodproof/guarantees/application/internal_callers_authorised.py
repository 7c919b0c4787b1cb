"""Internal services are authorised by what they may do, not trusted because they are inside.

Risk: TODO.
Verified: Declared internal endpoints are called without and with the wrong service credential.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.internal-callers-authorised",
    seeds="M-text",
    proof="active",
    severity="medium",
    module=__name__,
)
