"""Only the people who need it can write to production branches and deploy.

Risk: TODO.
Verified: Repository and deployment-environment permissions are read from the forge and compared with the declared
maintainers.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.few-writers",
    seeds="L-2",
    proof="inside",
    severity="medium",
    module=__name__,
)
