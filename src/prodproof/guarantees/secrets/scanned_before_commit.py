"""A secret is stopped before it reaches history: pre-commit and push protection.

Risk: A secret that is stopped before the commit costs a minute; one that is pushed costs a night.
Verified: The repository's hook configuration is run on a canary commit in a throwaway clone and must reject it;
push protection is read from the forge.
Mend: Add a secret scanner to the pre-commit hooks, and turn push protection on in the forge.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.scanned-before-commit",
    seeds="L-2 H-5",
    proof="active",
    severity="medium",
    module=__name__,
)
