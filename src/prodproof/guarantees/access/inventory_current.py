"""There is an up-to-date inventory of all production access: who, to what, at what level.

Risk: TODO.
Verified: The inventory is generated from the services themselves; services are also discovered (DNS TXT records,
SDKs in the dependencies, OAuth grants) so that an undeclared one is seen; each was read within its maximum age,
and no account is left unmatched.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.inventory-current",
    seeds="M-A6",
    proof="inside",
    severity="medium",
    module=__name__,
)
