"""Pipelines use temporary credentials (OIDC), never long-lived keys.

Risk: TODO.
Verified: Workflow steps that log in to clouds and registries, and the secrets that the forge stores.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.pipeline-credentials-short-lived",
    seeds="L-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
