"""Artifacts are signed, their hashes and provenance (SLSA build level 3) are verified before deployment.

Risk: Whoever can write to the registry can replace what you deploy, and nobody will notice.
Verified: Signatures and in-toto provenance of the declared artifacts are verified for real (builder, source,
digest), and a deployment of an unsigned canary to the drill environment is refused.
Mend: Sign artifacts in the pipeline (Sigstore), attach provenance, and let the deployment refuse what does not
verify.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.artifacts-signed",
    seeds="L-3 H-guide-SLSA",
    proof="active",
    severity="medium",
    module=__name__,
)
