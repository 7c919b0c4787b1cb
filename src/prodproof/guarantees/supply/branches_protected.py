"""Production branches require pull requests, approvals, passing checks, and signed commits where possible.

Risk: Without protection, one stolen token or one tired evening pushes straight to production.
Verified: Branch protection and rulesets from the forge, bypass actors counted; a 404 may mean a missing
permission and is then unknown.
Mend: Require pull requests, an approval and passing checks on the production branches, for administrators too.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.branches-protected",
    seeds="L-2",
    proof="inside",
    severity="high",
    module=__name__,
)
