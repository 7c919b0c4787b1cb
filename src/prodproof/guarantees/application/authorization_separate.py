"""Being logged in is not being allowed: each route enforces its own permission.

Risk: If a login is all that a page asks for, every customer is one guessed address away from being staff.
Verified: The authorization matrix: every route and method of the running application is called as anonymous, as
each declared role, and as another user of the same role; the result is compared with the declared matrix, and
what the matrix does not name is a finding.
Mend: Declare the role for each route, check it in the view (permission_required, DRF permission classes), and
test the matrix of routes and roles.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.authorization-separate",
    seeds="M-P2 K-2 M-text",
    proof="active",
    severity="critical",
    module=__name__,
)
