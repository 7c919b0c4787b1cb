"""Sessions and tokens expire, and logging out or changing a password ends them.

Risk: TODO.
Verified: Declared session and token lifetimes are read from settings; a test login is made, logged out, and its
cookie or token replayed: it must be refused.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.sessions-expire",
    seeds="L-1",
    proof="active",
    severity="medium",
    module=__name__,
)
