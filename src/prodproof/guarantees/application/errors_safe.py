"""Error answers show no stack trace, setting, path, query or version.

Risk: TODO.
Verified: 400, 403, 404, 405, 413, 414 and 500 are provoked from outside and read for the traces of a dozen
frameworks, the system's own paths, settings and people's data; where no 500 could be provoked it is unknown.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.errors-safe",
    seeds="M-P3",
    proof="active",
    severity="medium",
    module=__name__,
)
