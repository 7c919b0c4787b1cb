"""No debug, test or development endpoint can be reached in production.

Risk: TODO.
Verified: Well-known paths and the application's own URL table are asked from outside, each compared with the
answer to a random path (single-page applications answer 200, firewalls 403).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.no-debug-endpoints",
    seeds="M-P11 M-text",
    proof="outside",
    severity="medium",
    module=__name__,
)
