"""Every public entry point (domain, port, endpoint) is deliberate: declared with a purpose and an owner, and
reviewed.

Risk: TODO.
Verified: What answers from outside is compared with the system file, both ways: undeclared and answering,
declared and silent.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.entry-points-declared",
    seeds="M-N1",
    proof="outside",
    severity="medium",
    module=__name__,
)
