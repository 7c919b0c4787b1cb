"""Production data is not in development or staging unless anonymised.

Risk: A copy of production in staging has production's people in it and none of production's protection.
Verified: Keyed fingerprints of high-entropy personal values (e-mail, phone, account numbers; not names, not
staff) in production are looked for in the other environments, under a key that is destroyed after; no value
leaves its environment.
Mend: Fill staging with synthetic data, or anonymise during the copy so that no e-mail, phone or account number
survives.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.staging-anonymised",
    seeds="M-L5 L-4",
    proof="inside",
    severity="high",
    module=__name__,
)
