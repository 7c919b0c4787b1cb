"""No secret is baked into container images, Dockerfiles (ENV/ARG), Kubernetes ConfigMaps or build artifacts.

Risk: TODO.
Verified: Dockerfiles, manifests and image layers (OCI archives) are scanned by rules and by exact-value trace.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-artifacts",
    seeds="H-5 S-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
