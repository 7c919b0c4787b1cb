"""No secret appears in logs, environment dumps, process listings, crash reports or error messages.

Risk: Logs and error reports are read by many people and sent to third parties; one dumped header is one stolen
session.
Verified: The exact values of all known secrets and their encodings are traced through the log store, crash
reports and error pages; a canary secret is sent through the application's failing paths and must not come out
anywhere.
Mend: Filter Authorization, Cookie and password fields before logging, turn off variable dumps in error reports,
and pass secrets by file instead of by argument.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-output",
    seeds="M-S3 S-4 M-text",
    proof="active",
    severity="high",
    module=__name__,
)
