"""Login and sensitive endpoints are limited: about 5 logins a minute per address, 10 sensitive calls a minute per
user, held in a store that all workers share.

Risk: Without a limit, passwords are guessed by the million and one script can keep everyone else out.
Verified: On a target that opted in, with synthetic accounts: past twice the declared limit even the correct
password is refused, also spread over workers and with forged X-Forwarded-For; it recovers after the window.
Mend: Limit logins per address and account and sensitive calls per user in a store that all workers share (Redis),
and answer 429 even to the right password past the limit.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.rate-limited",
    seeds="H-9 H-2",
    proof="active",
    severity="high",
    module=__name__,
)
