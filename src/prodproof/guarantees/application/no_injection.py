"""Queries are parameterised and output is encoded: no SQL, script or command injection.

Risk: TODO.
Verified: Static analysis of the code for string-built SQL, shell calls, unsafe templates and deserialisation, and
probing of the routes with harmless markers.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.no-injection",
    seeds="L-1 K-3",
    proof="active",
    severity="medium",
    module=__name__,
)
