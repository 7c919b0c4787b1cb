"""Internal services are authorised by what they may do, not trusted because they are inside.

Risk: Being inside the network proves nothing: one breached service can then ask every other for anything.
Verified: Declared internal endpoints are called without and with the wrong service credential.
Mend: Give each service its own credential (mutual TLS, signed tokens), check what it may do at each endpoint, and
refuse the rest.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.internal-callers-authorised",
    seeds="M-text",
    proof="active",
    severity="high",
    module=__name__,
)
