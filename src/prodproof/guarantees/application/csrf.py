"""Every route that changes data and accepts ambient credentials (cookie, Basic, client certificate) refuses a
request forged by another site.

Risk: TODO.
Verified: For each unsafe route: the legitimate call succeeds first; then without token, and with a token and a
foreign Origin, judged by the change of state and not by the status alone; exempt routes must be shown to ignore
the cookie (bearer, signed, webhook). Effective exemptions come from the resolved views (every DRF view is
formally exempt and yet protected under session authentication).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.csrf",
    seeds="M-P5",
    proof="active",
    severity="medium",
    module=__name__,
)
