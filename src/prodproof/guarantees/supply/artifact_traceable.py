"""What runs in production can be traced to one commit of the repository.

Risk: If you cannot say which commit is running, you cannot say whether the fix is.
Verified: The running version (endpoint, image label, release record) resolves to a commit that is on a protected
branch, whose checks passed.
Mend: Stamp the commit into the image label and a version endpoint, and record each release.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.artifact-traceable",
    seeds="M-P10 M-text",
    proof="inside",
    severity="high",
    module=__name__,
)
