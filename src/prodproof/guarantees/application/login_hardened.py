"""Passwords are strongly hashed, the session changes at login, password resets work once and expire, staff need a
second factor.

Risk: Weak hashes and reset links that work twice turn one leaked table or one forwarded e-mail into stolen
accounts.
Verified: Effective hashers; a synthetic person logs in, resets, replays; a staff login without a factor is
refused.
Mend: Use Argon2 or a current PBKDF2, rotate the session at login, make reset links expire and work once, and ask
staff for a second factor.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.login-hardened",
    seeds="L-1 K-2",
    proof="active",
    severity="high",
    module=__name__,
)
