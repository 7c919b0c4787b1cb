"""Sessions and tokens expire, and logging out or changing a password ends them.

Risk: A session that outlives its logout turns one borrowed browser or one leaked cookie into lasting access.
Verified: Declared session and token lifetimes are read from settings; a test login is made, logged out, and its
cookie or token replayed: it must be refused.
Mend: Set session and token lifetimes, flush the session at logout and at password change (Django:
SESSION_COOKIE_AGE, update_session_auth_hash), and keep a deny-list for tokens that live longer than minutes.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.sessions-expire",
    seeds="L-1",
    proof="active",
    severity="high",
    module=__name__,
)
