"""Passwords are strongly hashed, the session changes at login, password resets work once and expire, staff need a
second factor.

Risk: TODO.
Verified: Effective hashers; a synthetic person logs in, resets, replays; a staff login without a factor is
refused.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.login-hardened",
    seeds="L-1 K-2",
    proof="active",
    severity="medium",
    module=__name__,
)
