"""There is an up-to-date inventory of all production access: who, to what, at what level.

Risk: Access that nobody lists is access that nobody removes: the forgotten account at a third service is the one
that is used after somebody leaves.
Verified: The inventory is generated from the services themselves; services are also discovered (DNS TXT records,
SDKs in the dependencies, OAuth grants) so that an undeclared one is seen; each was read within its maximum age,
and no account is left unmatched.
Mend: Name every service that people log in to under [[service]] with a read-only credential, and let the
inventory be generated from them instead of being kept by hand.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.inventory-current",
    seeds="M-A6",
    proof="inside",
    severity="high",
    module=__name__,
)
