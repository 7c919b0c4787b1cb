"""Backups are kept as long as declared and no longer; a declaration exists for hot and cold copies (the handbook
suggests 30 days hot, seven years cold where the law asks for it).

Risk: Corruption is often found weeks later, when every copy that is left has it too.
Verified: Restore points present against the policy, lifecycle rules of the store.
Mend: Keep backups as long as you declared, hot and cold, and let lifecycle rules remove what is older.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.retention",
    seeds="H-7 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
