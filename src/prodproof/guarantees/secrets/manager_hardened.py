"""The manager encrypts at rest and in transit, and what each policy can reach is just its service's declared
secrets.

Risk: One policy that reads everything makes the vault a single file with all your passwords.
Verified: TLS, seal or KMS key and policies are read; the policies are evaluated over the stored paths; templated
paths that resolve to the service's own hold.
Mend: Give each service a policy for its own paths, serve the manager over TLS only, and keep its seal key in a
KMS.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.manager-hardened",
    seeds="S-1 S-2",
    proof="inside",
    severity="high",
    module=__name__,
)
