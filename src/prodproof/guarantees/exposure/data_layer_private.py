"""The data layer has no public address and accepts connections only from the application's tier.

Risk: TODO.
Verified: Security groups, subnets, publicly-accessible flags, listen_addresses and pg_hba.conf; terraform and
compose files where they are the source.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.data-layer-private",
    seeds="H-6 L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
