"""No old domain, test subdomain or DNS record points to something unverified.

Risk: TODO.
Verified: Zone data (file, provider, transfer) gives the names: without it the answer is unknown; each record's
target is resolved and asked: dangling CNAMEs, takeover fingerprints (services known as not vulnerable are none),
unclaimed addresses and name servers, names answering that nobody declared.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.no-stale-dns",
    seeds="M-N5",
    proof="outside",
    severity="medium",
    module=__name__,
)
