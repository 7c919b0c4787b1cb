"""Build runners are isolated, tokens carry the least permissions, and no untrusted input reaches a script.

Risk: TODO.
Verified: zizmor's audits of the workflows, GitLab CI equivalents, and whether self-hosted runners are ephemeral
(from the forge, else unknown).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.pipeline-hardened",
    seeds="L-3 H-guide-SLSA",
    proof="inside",
    severity="medium",
    module=__name__,
)
