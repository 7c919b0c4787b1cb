"""Every guarantee has an owner who is in the team.

Risk: TODO.
Verified: The system file's owners against the roster.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.owned",
    seeds="L-8 L-10",
    proof="inside",
    severity="medium",
    module=__name__,
)
