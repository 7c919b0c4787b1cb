"""Logs and error trackers hold only the personal fields that are declared for them.

Risk: Logs are copied, kept and read by many; personal data in them leaves every protection that the database has.
Verified: A synthetic person's values are sent through the application and traced in every sink; a marker must be
found.
Mend: Log identifiers instead of contents, filter request bodies and headers before they are written, and scrub
events before they reach the error tracker.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.not-in-logs",
    seeds="L-5 M-L1",
    proof="active",
    severity="high",
    module=__name__,
)
