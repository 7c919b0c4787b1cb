"""A request can be followed across services.

Risk: Without a common thread, finding which of six services failed takes longer than mending it.
Verified: A request with a known trace context is found by its id in the tracing store or in the logs of every
service on its path.
Mend: Pass the trace context (traceparent) through every service, and log its id.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.tracing",
    seeds="L-7",
    proof="active",
    severity="low",
    module=__name__,
)
