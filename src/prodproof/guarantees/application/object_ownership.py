"""A user reaches only the objects that are theirs: authorization is in the query, not in the page.

Risk: If changing the number in the address shows somebody else's order, all orders are public.
Verified: Objects made by one test user are asked for, changed and deleted by another of the same role.
Mend: Filter by owner in the query itself (`request.user.orders.get(pk=pk)`), for reading, changing and deleting
alike, and test with two users.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.object-ownership",
    seeds="H-golden L-1",
    proof="active",
    severity="critical",
    module=__name__,
)
