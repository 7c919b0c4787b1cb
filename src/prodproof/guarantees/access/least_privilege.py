"""No person or service account holds a privilege that its job does not need: no wildcards, no unused administration.

Risk: TODO.
Verified: What each policy can reach, evaluated, against what is declared for the role and what was used (last-
accessed data); GRANT ALL, SUPERUSER, cluster-admin, unbounded wildcards are findings; actions that allow no
resource restriction, and templated paths, are not.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.least-privilege",
    seeds="M-A3 H-4 S-5 L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
