"""Being logged in is not being allowed: each route enforces its own permission.

Risk: TODO.
Verified: The authorization matrix: every route and method of the running application is called as anonymous, as
each declared role, and as another user of the same role; the result is compared with the declared matrix, and
what the matrix does not name is a finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.authorization-separate",
    seeds="M-P2 K-2 M-text",
    proof="active",
    severity="medium",
    module=__name__,
)
