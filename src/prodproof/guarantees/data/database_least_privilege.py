"""Database users hold just the rights they need on the tables they need.

Risk: TODO.
Verified: Roles, grants, ownership, default privileges and row security are read; the application's role is
neither superuser nor owner of others' tables, and a forbidden statement, tried in a transaction that is rolled
back, is refused.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.database-least-privilege",
    seeds="H-4 H-guide-Database",
    proof="active",
    severity="medium",
    module=__name__,
)
