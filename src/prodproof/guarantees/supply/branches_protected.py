"""Production branches require pull requests, approvals, passing checks, and signed commits where possible.

Risk: TODO.
Verified: Branch protection and rulesets from the forge, bypass actors counted; a 404 may mean a missing
permission and is then unknown.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.branches-protected",
    seeds="L-2",
    proof="inside",
    severity="medium",
    module=__name__,
)
