"""The manager encrypts at rest and in transit, and what each policy can reach is just its service's declared
secrets.

Risk: TODO.
Verified: TLS, seal or KMS key and policies are read; the policies are evaluated over the stored paths; templated
paths that resolve to the service's own hold.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.manager-hardened",
    seeds="S-1 S-2",
    proof="inside",
    severity="medium",
    module=__name__,
)
