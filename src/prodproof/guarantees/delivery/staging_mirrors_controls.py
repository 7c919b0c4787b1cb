"""Staging runs the same security controls as production.

Risk: A control that staging lacks is tested for the first time in production.
Verified: The outcomes of the same guarantees on both environments are compared (identity and logging too),
differences listed; being closed to the public is no difference.
Mend: Use one configuration for both environments with few named differences, and compare their guarantees.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.staging-mirrors-controls",
    seeds="L-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
