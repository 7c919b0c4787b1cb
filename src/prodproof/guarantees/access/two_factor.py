"""Every person has two-step authentication on every production service that they can log in to.

Risk: Passwords leak, are reused and are phished; without a second step one leaked password is production.
Verified: Each service's own report of enforced factors (GitHub, AWS users and Identity Center, the identity
provider, Django OTP); where a service has none (SSH, PostgreSQL) the way to it must have (single sign-on,
bastion, short certificates) and the direct path be closed; a service that cannot tell is unknown.
Mend: Enforce a second factor in the forge's organisation, the cloud account and the identity provider, and close
direct paths (SSH, database) to those who did not come through it.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.two-factor",
    seeds="M-A2 L-1",
    proof="inside",
    severity="critical",
    module=__name__,
)
