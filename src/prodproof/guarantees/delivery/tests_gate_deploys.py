"""No code reaches production without passing automated tests.

Risk: TODO.
Verified: Each deployed commit had passing, non-empty test checks before; in the pipeline every path to a deploy
runs through them or the branch requires them; 'if: always()', '|| true', skipped and empty runs do not count.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.tests-gate-deploys",
    seeds="M-D2",
    proof="inside",
    severity="medium",
    module=__name__,
)
