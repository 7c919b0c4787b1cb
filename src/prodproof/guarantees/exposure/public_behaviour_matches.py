"""What the public endpoint says (transport, redirects, cookies, headers, caching, versions) is what the
configuration intends.

Risk: TODO.
Verified: The settings read from the running application are compared with the answers seen outside; a header set
in settings and missing outside is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.public-behaviour-matches",
    seeds="M-text",
    proof="outside",
    severity="medium",
    module=__name__,
)
