"""Rules are enforced on the server: client checks can be bypassed without effect, and tokens are verified there.

Risk: Whatever runs in the browser can be rewritten by its user: prices, limits and tokens that only the page
checks are wishes.
Verified: Forms are posted past their client-side limits; JWTs are sent unsigned (alg none), with a wrong key,
expired and with changed claims: all must be refused.
Mend: Repeat each rule on the server, verify token signatures there with a fixed algorithm, and take prices and
rights from the database, not from the request.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.server-side-enforced",
    seeds="H-golden",
    proof="active",
    severity="high",
    module=__name__,
)
