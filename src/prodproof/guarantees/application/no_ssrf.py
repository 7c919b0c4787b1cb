"""URLs that users supply never reach internal addresses or instance metadata.

Risk: TODO.
Verified: Canary URLs, redirects and rebinding names lead to a listener of our own; IMDSv2 is required on
instances.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.no-ssrf",
    seeds="H-2 L-6",
    proof="active",
    severity="medium",
    module=__name__,
)
