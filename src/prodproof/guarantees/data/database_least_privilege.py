"""Database users hold just the rights they need on the tables they need.

Risk: If the application's role owns the database, one injected query can drop or rewrite all of it.
Verified: Roles, grants, ownership, default privileges and row security are read; the application's role is
neither superuser nor owner of others' tables, and a forbidden statement, tried in a transaction that is rolled
back, is refused.
Mend: Let migrations use an owner role and the application another, with just the grants it needs on its own
tables; never SUPERUSER.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.database-least-privilege",
    seeds="H-4 H-guide-Database",
    proof="active",
    severity="high",
    module=__name__,
)
