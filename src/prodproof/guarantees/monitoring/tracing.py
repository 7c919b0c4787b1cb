"""A request can be followed across services.

Risk: TODO.
Verified: A request with a known trace context is found by its id in the tracing store or in the logs of every
service on its path.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.tracing",
    seeds="L-7",
    proof="active",
    severity="medium",
    module=__name__,
)
