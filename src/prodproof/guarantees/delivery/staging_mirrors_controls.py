"""Staging runs the same security controls as production.

Risk: TODO.
Verified: The outcomes of the same guarantees on both environments are compared (identity and logging too),
differences listed; being closed to the public is no difference.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.staging-mirrors-controls",
    seeds="L-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
