"""Forms that collect personal data say how it will be processed.

Risk: TODO.
Verified: A real browser finds every form with personal fields; a notice or a link to the policy must be beside it
and lead to a page.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.forms-inform",
    seeds="M-L8",
    proof="outside",
    severity="medium",
    module=__name__,
)
