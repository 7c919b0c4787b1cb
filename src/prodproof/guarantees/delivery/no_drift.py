"""The configuration that runs is the configuration that is declared.

Risk: TODO.
Verified: Effective settings, infrastructure state and DNS against their declared source (terraform plan output,
manifests, settings).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.no-drift",
    seeds="M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
