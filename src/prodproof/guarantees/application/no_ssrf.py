"""URLs that users supply never reach internal addresses or instance metadata.

Risk: A server that fetches any address its users name will fetch the cloud's metadata address, and hand out the
machine's own credentials.
Verified: Canary URLs, redirects and rebinding names lead to a listener of our own; IMDSv2 is required on
instances.
Mend: Resolve and check user-supplied addresses against an allow-list before and after redirects, send them
through an egress proxy, and require IMDSv2.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.no-ssrf",
    seeds="H-2 L-6",
    proof="active",
    severity="critical",
    module=__name__,
)
