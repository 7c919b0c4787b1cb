"""The data layer has no public address and accepts connections only from the application's tier.

Risk: A database with a public address is tried within minutes by everyone who scans the internet.
Verified: Security groups, subnets, publicly-accessible flags, listen_addresses and pg_hba.conf; terraform and
compose files where they are the source.
Mend: Move it to private subnets, turn the public flag off, listen on private addresses, and accept only the
application's security group.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.data-layer-private",
    seeds="H-6 L-6",
    proof="inside",
    severity="critical",
    module=__name__,
)
