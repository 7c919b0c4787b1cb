"""Production and staging/development share no secret.

Risk: A secret that staging shares is guarded by staging.
Verified: Fingerprints under one key per system, kept outside the ledger, are compared component by component (the
password inside a DATABASE_URL, not the URL); public and empty values are left out; without a common key it is
unknown; no value leaves the process.
Mend: Issue every credential once per environment, and rotate those that were shared.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.distinct-per-environment",
    seeds="M-S4 L-4",
    proof="inside",
    severity="high",
    module=__name__,
)
