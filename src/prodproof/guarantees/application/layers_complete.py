"""Defence in depth: edge, rate limit, authentication, authorization, validation, database permissions and field
encryption are all present, so that one failed control does not open everything.

Risk: TODO.
Verified: Composed of the other verdicts: for each entry point the layers that were proven are listed; one missing
layer is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.layers-complete",
    seeds="H-2",
    proof="inside",
    severity="medium",
    module=__name__,
)
