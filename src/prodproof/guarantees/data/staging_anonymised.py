"""Production data is not in development or staging unless anonymised.

Risk: TODO.
Verified: Keyed fingerprints of high-entropy personal values (e-mail, phone, account numbers; not names, not
staff) in production are looked for in the other environments, under a key that is destroyed after; no value
leaves its environment.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.staging-anonymised",
    seeds="M-L5 L-4",
    proof="inside",
    severity="medium",
    module=__name__,
)
