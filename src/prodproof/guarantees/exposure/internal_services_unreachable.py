"""Databases, queues, caches and other internal services cannot be reached from the internet.

Risk: TODO.
Verified: All TCP ports of each declared address, IPv4 and IPv6, and the usual UDP ones (53, 123, 161, 11211) are
tried from outside; open ones are identified by what they say. Silence counts as closed only for ports on which
this vantage was shown to get through (a control that must be open and one that must be closed, repeated during
and after the scan); else it is unknown. Addresses come from the system file and the cloud's inventory; shared
edge addresses are not scanned as one's own.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.internal-services-unreachable",
    seeds="M-N2 H-6",
    proof="outside",
    severity="medium",
    module=__name__,
)
