"""Every person has two-step authentication on every production service that they can log in to.

Risk: TODO.
Verified: Each service's own report of enforced factors (GitHub, AWS users and Identity Center, the identity
provider, Django OTP); where a service has none (SSH, PostgreSQL) the way to it must have (single sign-on,
bastion, short certificates) and the direct path be closed; a service that cannot tell is unknown.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.two-factor",
    seeds="M-A2 L-1",
    proof="inside",
    severity="medium",
    module=__name__,
)
