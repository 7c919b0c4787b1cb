"""Only data with a purpose is collected.

Risk: TODO.
Verified: Each personal field of the data map has a declared purpose and retention; fields never read by the code
or always empty are findings.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.minimised",
    seeds="K-8",
    proof="inside",
    severity="medium",
    module=__name__,
)
