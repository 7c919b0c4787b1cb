"""DEBUG is off in production, verified from outside and from the effective settings of the running process.

Risk: TODO.
Verified: Effective settings are read in the serving process's own unit or container (a shell may have another
environment), and an unknown URL and a provoked error are asked for from outside.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.debug-off",
    seeds="M-P4",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)
