"""Services run with no more rights than they need: not as root, no extra capabilities, read-only where possible.

Risk: TODO.
Verified: The live processes' user ids, capabilities and no-new-privileges on hosts and in containers;
Dockerfiles, compose, Kubernetes security contexts and systemd units can break it, alone they do not make it hold.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.runtime-least-privilege",
    seeds="M-text H-guide-Kubernetes",
    proof="inside",
    severity="medium",
    module=__name__,
)
