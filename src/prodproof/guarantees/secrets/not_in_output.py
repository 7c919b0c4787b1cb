"""No secret appears in logs, environment dumps, process listings, crash reports or error messages.

Risk: TODO.
Verified: The exact values of all known secrets and their encodings are traced through the log store, crash
reports and error pages; a canary secret is sent through the application's failing paths and must not come out
anywhere.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-output",
    seeds="M-S3 S-4 M-text",
    proof="active",
    severity="medium",
    module=__name__,
)
