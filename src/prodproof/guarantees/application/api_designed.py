"""The API needs authentication by default, returns only declared fields, bounds page sizes, and tells callers
nothing about others' objects.

Risk: TODO.
Verified: Against its OpenAPI schema: undocumented routes, undeclared fields, unbounded pages, verbose errors,
mass assignment.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.api-designed",
    seeds="H-guide-API",
    proof="active",
    severity="medium",
    module=__name__,
)
