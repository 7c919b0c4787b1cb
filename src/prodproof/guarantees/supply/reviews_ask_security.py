"""Reviews ask the security questions: input, secrets, attack surface, permissions, safe logging; owners are named
for sensitive paths.

Risk: TODO.
Verified: Pull request template and CODEOWNERS for the sensitive paths found in the code (auth, payments,
settings, CI).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.reviews-ask-security",
    seeds="L-5",
    proof="inside",
    severity="medium",
    module=__name__,
)
