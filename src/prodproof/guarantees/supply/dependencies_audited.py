"""What runs has no dependency with a known, unsuppressed advisory, and is audited on a schedule.

Risk: TODO.
Verified: Locked and, where reachable, really installed versions (Python, npm) against advisories (OSV, PyPI),
from the network or an exported database; a package that could not be looked up is unknown; suppressions need a
reason, an owner and an end date.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.dependencies-audited",
    seeds="M-P8 L-1 K-5",
    proof="inside",
    severity="medium",
    module=__name__,
)
