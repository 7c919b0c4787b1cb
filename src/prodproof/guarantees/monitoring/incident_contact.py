"""Outsiders and insiders can reach the right person: security.txt, an incident contact, playbooks with owners.

Risk: TODO.
Verified: /.well-known/security.txt on the canonical domain, as text/plain, parsed (RFC 9116, not expired);
contacts are reachable; playbooks with owners exist for the declared incident kinds.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.incident-contact",
    seeds="K-6 L-8",
    proof="outside",
    severity="medium",
    module=__name__,
)
