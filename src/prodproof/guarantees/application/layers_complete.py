"""Defence in depth: edge, rate limit, authentication, authorization, validation, database permissions and field
encryption are all present, so that one failed control does not open everything.

Risk: Every control fails some day; where it was the only one, that day everything is open.
Verified: Composed of the other verdicts: for each entry point the layers that were proven are listed; one missing
layer is a finding.
Mend: Go through the list for each entry point (edge, limit, login, permission, validation, database rights, field
encryption) and add what is missing.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.layers-complete",
    seeds="H-2",
    proof="inside",
    severity="high",
    module=__name__,
)
