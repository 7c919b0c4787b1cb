"""Access is reviewed periodically; stale accounts and excess rights are removed.

Risk: Rights pile up: people change jobs and keep the old keys, until everybody can do everything.
Verified: A review campaign over the generated inventory: each grant was kept or removed by a named reviewer
within the period, and what was to be removed is gone from the service.
Mend: Once a quarter, go through the generated inventory with each service's owner, mark keep or remove for each
grant, and remove on the same day.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.reviewed",
    seeds="M-A7 L-9",
    proof="record",
    severity="medium",
    module=__name__,
)
