"""Backups are kept as long as declared and no longer; a declaration exists for hot and cold copies (the handbook
suggests 30 days hot, seven years cold where the law asks for it).

Risk: TODO.
Verified: Restore points present against the policy, lifecycle rules of the store.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.retention",
    seeds="H-7 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
