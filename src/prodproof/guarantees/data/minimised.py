"""Only data with a purpose is collected.

Risk: Data that nobody needs is all risk and no use.
Verified: Each personal field of the data map has a declared purpose and retention; fields never read by the code
or always empty are findings.
Mend: Give each personal field a purpose and an end date, and drop the columns that have neither.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.minimised",
    seeds="K-8",
    proof="inside",
    severity="low",
    module=__name__,
)
