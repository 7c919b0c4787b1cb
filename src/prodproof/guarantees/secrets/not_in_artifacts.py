"""No secret is baked into container images, Dockerfiles (ENV/ARG), Kubernetes ConfigMaps or build artifacts.

Risk: Whoever can pull the image can read every layer of it, also the one whose file was deleted later.
Verified: Dockerfiles, manifests and image layers (OCI archives) are scanned by rules and by exact-value trace.
Mend: Use build secrets (--mount=type=secret) instead of ARG and ENV, inject at run time, and rotate what was
baked in.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-artifacts",
    seeds="H-5 S-4",
    proof="inside",
    severity="critical",
    module=__name__,
)
