"""Application errors are captured with enough context to diagnose them, without exposing it to users.

Risk: Errors that nobody sees pile up until one of them takes the site down.
Verified: A canary error is provoked and must arrive in the error tracker (Sentry or equal) with release,
environment and request, and without secrets.
Mend: Send unhandled errors to a tracker (Sentry or equal) with release and environment, and scrub secrets and
personal data before.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.errors-captured",
    seeds="M-O3 M-text",
    proof="active",
    severity="medium",
    module=__name__,
)
