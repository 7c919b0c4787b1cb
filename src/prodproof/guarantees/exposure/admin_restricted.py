"""Administration panels are reachable only from declared networks, by VPN, or behind an identity-aware proxy before
the application.

Risk: TODO.
Verified: Admin paths from the URL table and the well-known list, on every virtual host, with and without forged
X-Forwarded-For, asked from outside: refused or sent to the declared sign-on; a login form of the application
itself is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.admin-restricted",
    seeds="M-N3",
    proof="outside",
    severity="medium",
    module=__name__,
)
