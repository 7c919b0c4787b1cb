"""What runs in production can be traced to one commit of the repository.

Risk: TODO.
Verified: The running version (endpoint, image label, release record) resolves to a commit that is on a protected
branch, whose checks passed.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.artifact-traceable",
    seeds="M-P10 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
