"""Login and sensitive endpoints are limited: about 5 logins a minute per address, 10 sensitive calls a minute per
user, held in a store that all workers share.

Risk: TODO.
Verified: On a target that opted in, with synthetic accounts: past twice the declared limit even the correct
password is refused, also spread over workers and with forged X-Forwarded-For; it recovers after the window.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.rate-limited",
    seeds="H-9 H-2",
    proof="active",
    severity="medium",
    module=__name__,
)
