"""Session cookies are Secure, HttpOnly and SameSite, CSRF cookies Secure and SameSite, all scoped to their host;
SameSite=None only with a declared cross-site purpose.

Risk: TODO.
Verified: Set-Cookie of every answer, that of a test login included: the session cookie must have been seen.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.cookies-secure",
    seeds="M-text",
    proof="active",
    severity="medium",
    module=__name__,
)
