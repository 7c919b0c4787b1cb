"""Database connections are pooled and bounded (20 to 100).

Risk: TODO.
Verified: Pool settings times processes against the server's limit; live peak use.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.connections-bounded",
    seeds="H-9",
    proof="inside",
    severity="medium",
    module=__name__,
)
