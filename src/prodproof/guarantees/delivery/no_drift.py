"""The configuration that runs is the configuration that is declared.

Risk: What runs is no longer what was reviewed, and the next deploy silently undoes the one fix that mattered.
Verified: Effective settings, infrastructure state and DNS against their declared source (terraform plan output,
manifests, settings).
Mend: Compare running and declared configuration every day (terraform plan, kubectl diff) and bring differences
back into code.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.no-drift",
    seeds="M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
