"""Every guarantee has an owner who is in the team.

Risk: What everybody looks after, nobody looks after; when it breaks, nobody is asked.
Verified: The system file's owners against the roster.
Mend: Name an owner who is in the team for each area under [[owner]].
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "culture.owned",
    seeds="L-8 L-10",
    proof="inside",
    severity="medium",
    module=__name__,
)
