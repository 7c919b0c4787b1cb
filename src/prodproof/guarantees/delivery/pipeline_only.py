"""Production changes by one controlled, reproducible path: the pipeline.

Risk: A release that went around the pipeline went around its tests, its reviews and its record.
Verified: What runs (version or digest, over time) is matched with pipeline runs; a version that no run made is a
finding, whether or not a deployment was recorded.
Mend: Take deploy credentials away from people, let only the pipeline hold them, and compare what runs with what
it made.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.pipeline-only",
    seeds="M-D1",
    proof="inside",
    severity="high",
    module=__name__,
)
