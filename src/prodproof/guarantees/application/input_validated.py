"""Input is validated on every route: forms, APIs, query parameters, headers, uploads.

Risk: What is not checked at the door is acted on inside: crashes, corrupted data, and the first step of most
attacks.
Verified: Each route of the running application is sent generated valid and hostile input (from its OpenAPI schema
or its forms) in a test environment: no server error, no reflected content; views that read raw request data
without a form, serializer or schema are findings.
Mend: Read requests only through forms, serializers or schemas with types and bounds, and answer 400 with no
detail for everything else.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.input-validated",
    seeds="M-P1 L-1 H-2",
    proof="active",
    severity="high",
    module=__name__,
)
