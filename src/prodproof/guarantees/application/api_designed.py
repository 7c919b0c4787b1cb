"""The API needs authentication by default, returns only declared fields, bounds page sizes, and tells callers
nothing about others' objects.

Risk: An API that returns whole objects by default hands out fields that nobody meant to publish, password hashes
among them.
Verified: Against its OpenAPI schema: undocumented routes, undeclared fields, unbounded pages, verbose errors,
mass assignment.
Mend: Require authentication by default, name the fields of every serializer, bound page sizes, and answer 404
alike for what is missing and what is forbidden.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.api-designed",
    seeds="H-guide-API",
    proof="active",
    severity="high",
    module=__name__,
)
