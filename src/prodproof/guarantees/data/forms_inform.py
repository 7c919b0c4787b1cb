"""Forms that collect personal data say how it will be processed.

Risk: People who were not told what their data is for have been misled, and the law agrees with them.
Verified: A real browser finds every form with personal fields; a notice or a link to the policy must be beside it
and lead to a page.
Mend: Put one sentence and a link to the privacy policy beside each form that asks for personal data.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.forms-inform",
    seeds="M-L8",
    proof="outside",
    severity="low",
    module=__name__,
)
