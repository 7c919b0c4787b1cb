"""Static analysis, dependency scanning, secret detection and vulnerability scanning run on every change and can fail
it.

Risk: TODO.
Verified: The pipeline's jobs are parsed: which tool runs on which trigger, whether its failure fails the run, and
whether the check is required.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.checks-in-pipeline",
    seeds="L-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
