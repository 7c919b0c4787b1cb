"""Production changes by one controlled, reproducible path: the pipeline.

Risk: TODO.
Verified: What runs (version or digest, over time) is matched with pipeline runs; a version that no run made is a
finding, whether or not a deployment was recorded.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.pipeline-only",
    seeds="M-D1",
    proof="inside",
    severity="medium",
    module=__name__,
)
