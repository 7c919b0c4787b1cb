"""An edge layer stands before the application: web application firewall and a request limit per address, and the
origin cannot be reached around it.

Risk: An edge that can be walked around protects only against those who use the front door.
Verified: Harmless test strings and a bounded burst are sent to a target that opted in and must be refused; every
origin address and provider name, with the real Host and SNI, serves no application content; the lock between edge
and origin (mutual TLS, secret header, tunnel) is read inside, for an allow-list of the provider's ranges admits
anybody's account there.
Mend: Lock the origin to the edge with mutual TLS, a secret header or a tunnel, and set a request limit per
address there.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.edge-protected",
    seeds="H-2 H-9 L-4",
    proof="active",
    severity="medium",
    module=__name__,
)
