"""No person or service account holds a privilege that its job does not need: no wildcards, no unused administration.

Risk: A stolen credential does as much damage as its rights allow; with a wildcard that is everything.
Verified: What each policy can reach, evaluated, against what is declared for the role and what was used (last-accessed
data); GRANT ALL, SUPERUSER, cluster-admin, unbounded wildcards are findings; actions that allow no resource
restriction, and templated paths, are not.
Mend: Replace wildcards by the actions and resources that were used in the last 90 days (AWS access analyzer, pg_roles,
kubectl auth can-i --list), and take administration away where it was never used.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.least-privilege",
    seeds="M-A3 H-4 S-5 L-6",
    proof="inside",
    severity="high",
    module=__name__,
)
