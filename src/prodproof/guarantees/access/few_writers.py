"""Only the people who need it can write to production branches and deploy.

Risk: Everyone who can write to production branches can change what your customers run, and so can whoever steals
their laptop.
Verified: Repository and deployment-environment permissions are read from the forge and compared with the declared
maintainers.
Mend: Give write access to the maintainers only (a team, not individuals), let everybody else send pull requests,
and restrict who may deploy in the forge's environment settings.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.few-writers",
    seeds="L-2",
    proof="inside",
    severity="high",
    module=__name__,
)
